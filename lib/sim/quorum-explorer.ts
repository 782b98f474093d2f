import { majority } from '../quorum/systems.js'
import { acceptorProcess, ownerProcess, readerProcess } from './quorum-explorer-processes.js'
import type { ExploredOperation, Input, Letter, Output, Process } from './quorum-explorer-processes.js'
import { findUnlinearizable } from './quorum-linearizable.js'
import type { Call } from './quorum-linearizable.js'
import { digest } from './quorum-digest.js'
import { expect } from './violation.js'

export interface Exploration {
  readonly acceptors: number
  readonly tieBreaker: boolean
  /** How many owners prepare, each a term of its own. */
  readonly terms: number
  readonly operations: readonly ExploredOperation[]
  /** The exploration fails beyond so many states. */
  readonly mostStates: number
}

export interface ExplorationReport {
  readonly states: number
  readonly transitions: number
  /** How many histories were judged. */
  readonly histories: number
  /** What went wrong, and what led to it. */
  readonly failure: { readonly error: Error, readonly path: readonly string[] } | undefined
}

/** A process in some state: what it was told to be there. */
interface Known {
  readonly process: number
  readonly inputs: readonly Input[]
  readonly isReady: boolean
}

interface Moment {
  readonly processes: readonly number[]
  /** Numbers of letters, in order. */
  readonly letters: readonly number[]
  /** What the callers saw, as it happened: `b3` operation 3 began, `e3added a` it ended so. */
  readonly events: readonly string[]
  /** Which owner each operation was last handed to; -1: it has not begun. */
  readonly asked: readonly number[]
  readonly from: Moment | undefined
  readonly action: { readonly process: number, readonly input: Input } | undefined
}

/**
 * Tries every order in which messages can arrive, be doubled, or be lost, at the production acceptors, owners and readings, for one
 * element: a message once sent stays under way for ever. Two ways that lead to the same state are followed once.
 *
 * Deterministic processes make it cheap: what a process in one state does with one input is worked out a single time.
 */
export function explore (exploration: Exploration): ExplorationReport {
  return new Explorer(exploration).run()
}

class Explorer {
  readonly #exploration: Exploration
  readonly #known: Known[] = []
  readonly #numbers = new Map<string, number>()
  readonly #letters: Letter[] = []
  /** The process to which a letter goes. */
  readonly #to: number[] = []
  readonly #letterNumbers = new Map<string, number>()
  readonly #steps = new Map<number, { readonly to: number, readonly letters: readonly number[], readonly answers: Output['answers'] }>()
  readonly #seen = new Set<string>()
  readonly #judged = new Map<string, boolean>()
  readonly #values = new Map<number, ReadonlyArray<readonly [stamp: string, cell: string]>>()
  readonly #ignored = new Map<number, boolean>()
  #transitions = 0

  constructor (exploration: Exploration) {
    this.#exploration = exploration
  }

  run (): ExplorationReport {
    const count = this.#makers().length
    const processes = Array.from({ length: count }, (_, process) => this.#number(process, []))
    const asked = this.#exploration.operations.map(() => -1)
    let failure: ExplorationReport['failure']
    const stack: Moment[] = []
    const visit = (moment: Moment): void => {
      const key = this.#keyOf(moment)
      if (this.#seen.has(key)) return
      this.#seen.add(key)
      stack.push(moment)
    }
    visit({ processes, letters: [], events: [], asked, from: undefined, action: undefined })
    let current: Moment | undefined
    try {
      while ((current = stack.pop()) !== undefined) {
        for (const next of this.#successors(current)) visit(next)
        expect(this.#seen.size <= this.#exploration.mostStates, () => 'there are more states than there should be')
      }
    } catch (error) {
      const path: string[] = []
      for (let moment = current; moment !== undefined; moment = moment.from) path.unshift(JSON.stringify(moment.action))
      failure = { error: error instanceof Error ? error : new Error(String(error)), path }
    }
    return { states: this.#seen.size, transitions: this.#transitions, histories: this.#judged.size, failure }
  }

  #makers (): Array<() => Process> {
    const { acceptors, tieBreaker, terms, operations } = this.#exploration
    const ids = Array.from({ length: acceptors }, (_, i) => `a${i}`)
    const system = majority(ids, tieBreaker)
    return [
      ...ids.map(id => () => acceptorProcess(id)),
      ...Array.from({ length: terms }, (_, i) => () => ownerProcess(`o${i}`, i + 1, system)),
      ...operations.map((_, i) => () => readerProcess(`r${i}`, i, system))
    ]
  }

  /** The number of a process in the state to which these inputs lead. */
  #number (process: number, inputs: readonly Input[]): number {
    const made = this.#makers()[process]!()
    for (const input of inputs) made.take(input)
    return this.#intern(process, inputs, made)
  }

  #intern (process: number, inputs: readonly Input[], made: Process): number {
    const key = `${process} ${digest(made.state)}`
    const known = this.#numbers.get(key) ?? this.#known.push({ process, inputs, isReady: made.isReady }) - 1
    this.#numbers.set(key, known)
    return known
  }

  #step (from: number, input: Input, inputKey: number): { readonly to: number, readonly letters: readonly number[], readonly answers: Output['answers'] } {
    const key = from * 2 ** 24 + inputKey
    const known = this.#steps.get(key)
    if (known !== undefined) return known
    const { process, inputs } = this.#known[from]!
    const made = this.#makers()[process]!()
    for (const past of inputs) made.take(past)
    const { letters, answers } = made.take(input)
    const step = { to: this.#intern(process, [...inputs, input], made), letters: letters.map(letter => this.#letter(letter)), answers }
    this.#steps.set(key, step)
    return step
  }

  #letter (letter: Letter): number {
    const key = digest(letter)
    const known = this.#letterNumbers.get(key)
    if (known !== undefined) return known
    this.#letterNumbers.set(key, this.#letters.length)
    this.#to.push(this.#index(letter.to))
    return this.#letters.push(letter) - 1
  }

  #index (id: string): number {
    const { acceptors, terms } = this.#exploration
    const offset = { a: 0, o: acceptors, r: acceptors + terms }[id.charAt(0)] ?? 0
    return offset + Number(id.slice(1))
  }

  * #successors (moment: Moment): IterableIterator<Moment> {
    for (const number of moment.letters) {
      if (this.#to[number]! >= this.#exploration.acceptors) continue
      const next = this.#deliver(moment, number)
      if (next !== undefined) yield next
    }
    for (let process = this.#exploration.acceptors; process < moment.processes.length; process++) {
      const own = moment.letters.filter(number => this.#to[number] === process)
      if (own.length > 0) yield * this.#heard(moment, own, this.#exploration.acceptors)
    }
    yield * this.#begun(moment)
  }

  /**
   * Owners and readers say nothing until they have heard enough, and what they have heard till then is there to be heard later
   * just as well. So they are followed from one word of theirs to the next.
   */
  * #heard (moment: Moment, letters: readonly number[], most: number): IterableIterator<Moment> {
    if (most === 0) return
    for (const number of letters) {
      const next = this.#deliver(moment, number)
      if (next === undefined) continue
      if (next.letters === moment.letters && next.events === moment.events) yield * this.#heard(next, letters.filter(other => other !== number), most - 1)
      else yield next
    }
  }

  #deliver (moment: Moment, number: number): Moment | undefined {
    const letter = this.#letters[number]!
    return this.#apply(moment, this.#to[number]!, { type: 'letter', from: letter.from, body: letter.body }, number)
  }

  /** Operations that are handed to an owner, or to the next after it, and reads that begin. */
  * #begun (moment: Moment): IterableIterator<Moment> {
    const { acceptors, terms, operations } = this.#exploration
    for (const [number, operation] of operations.entries()) {
      const isOver = moment.events.some(event => event.startsWith(`e${number}`))
      const last = moment.asked[number]!
      if (isOver) continue
      if (operation.owners.length === 0) {
        if (last === -1) yield this.#ask(moment, number, acceptors + terms + number, { type: 'start' })
        continue
      }
      const at = last === -1 ? 0 : operation.owners.indexOf(last) + 1
      const owner = operation.owners[at]
      if (owner === undefined) continue
      const { isReady, inputs } = this.#known[moment.processes[acceptors + owner]!]!
      // An owner begins with one; the next comes once it owns.
      if (inputs.length > 0 && !isReady) continue
      yield this.#ask(moment, number, acceptors + owner, { type: 'operation', number, operation }, owner)
    }
  }

  #ask (moment: Moment, number: number, process: number, input: Input, owner = 0): Moment {
    const events = moment.asked[number] === -1 ? [...moment.events, `b${number}`] : moment.events
    const asked = moment.asked.with(number, owner)
    const begun = { ...moment, events, asked }
    return this.#apply(begun, process, input, 2 ** 24 - 1 - number) ?? begun
  }

  /** @returns undefined where nothing comes of it */
  #apply (moment: Moment, process: number, input: Input, inputKey: number): Moment | undefined {
    const from = moment.processes[process]!
    const { to, letters, answers } = this.#step(from, input, inputKey)
    const fresh = letters.filter(letter => !moment.letters.includes(letter))
    this.#transitions++
    if (to === from && fresh.length === 0 && answers.length === 0) return undefined
    for (const letter of fresh) this.#mustAgree(letter, moment.letters)
    const { acceptors, terms } = this.#exploration
    let { events } = moment
    for (const { number, answer } of answers) {
      // An origin believes the owner alone that it asked last.
      const isBelieved = process >= acceptors + terms || acceptors + moment.asked[number]! === process
      if (!isBelieved || events.some(event => event.startsWith(`e${number}`))) continue
      events = [...events, `e${number}${answer.code} ${answer.token}`]
      this.#judge(events)
    }
    return {
      ...moment,
      processes: moment.processes.with(process, to),
      letters: fresh.length === 0 ? moment.letters : [...moment.letters, ...fresh].sort((a, b) => a - b),
      events,
      from: moment,
      action: { process, input }
    }
  }

  /** One value per stamp. */
  #mustAgree (letter: number, others: readonly number[]): void {
    for (const [stamp, cell] of this.#proposed(letter)) {
      for (const other of others) {
        for (const [sameStamp, otherCell] of this.#proposed(other)) {
          expect(stamp !== sameStamp || cell === otherCell, () => `two values under one stamp ${stamp}: ${cell} and ${otherCell}`)
        }
      }
    }
  }

  #proposed (letter: number): ReadonlyArray<readonly [stamp: string, cell: string]> {
    const known = this.#values.get(letter)
    if (known !== undefined) return known
    const { body } = this.#letters[letter]!
    const values = body.type === 'accept' ? body.entries.map(({ stamp, cell }) => [stamp, digest(cell)] as const) : []
    this.#values.set(letter, values)
    return values
  }

  #judge (events: readonly string[]): void {
    const key = events.join(' ')
    if (this.#judged.has(key)) return
    const calls: Call[] = this.#exploration.operations.flatMap(({ kind, token }, number) => {
      const begin = events.indexOf(`b${number}`)
      const end = events.findIndex(event => event.startsWith(`e${number}`))
      const [code = '', holder = ''] = end === -1 ? [] : events[end]!.slice(`e${number}`.length).split(' ')
      const answer = end === -1 ? undefined : { code: code as 'seen', token: holder }
      return begin === -1 ? [] : [{ element: 'x', kind, token, begin, end: end === -1 ? undefined : end, answer }]
    })
    expect(findUnlinearizable(calls) === undefined, () => `not linearizable: ${key}`)
    this.#judged.set(key, true)
  }

  /** Messages that can do nothing any more make no difference. */
  #keyOf ({ processes, letters, events, asked }: Moment): string {
    const live = letters.filter(letter => !this.#isIgnored(letter, processes))
    return `${processes.join()} ${live.join()} ${precedenceOf(events)} ${asked.join()}`
  }

  #isIgnored (letter: number, processes: readonly number[]): boolean {
    const { from, body } = this.#letters[letter]!
    // Who asked is asked no more: a reader that is done, of which acceptors know nothing.
    const reader = body.type === 'read' ? this.#index(from) : this.#to[letter]!
    const state = processes[reader]!
    const key = letter * 2 ** 24 + state
    const known = this.#ignored.get(key)
    if (known !== undefined) return known
    const { process, inputs } = this.#known[state]!
    const made = this.#makers()[process]!()
    for (const input of inputs) made.take(input)
    const isIgnored = made.ignores(body)
    this.#ignored.set(key, isIgnored)
    return isIgnored
  }
}

/** Of what callers saw, only the order of ends and beginnings counts: who ended before whom began. */
function precedenceOf (events: readonly string[]): string {
  const ended: string[] = []
  return events.map(event => {
    if (event.startsWith('b')) return `${event}<${[...ended].sort().join()}`
    ended.push(event)
    return event
  }).sort().join(';')
}
