import { Acceptor } from '../quorum/acceptor.js'
import { laneOf } from '../quorum/lanes.js'
import type { Body, Entry } from '../quorum/messages.js'
import type { Stamped } from '../quorum/cells.js'
import { termOfStamp } from '../quorum/terms.js'
import type { Term } from '../quorum/terms.js'
import { digest, Numbered } from './quorum-digest.js'
import { NumberMap } from './quorum-explorer-map.js'
import { expect } from './violation.js'

/** An acceptor in some state: the letters that led there, and what it would say now. */
interface AcceptorState {
  readonly letters: readonly number[]
  /** The terms that it may take part in, by bits. */
  readonly admits: number
  /** The number of what it holds, and up to where it closed the term that it promised. */
  readonly contents: number
  readonly closed: number
  /** What it would answer a read of each element. */
  readonly values: readonly number[]
}

/** An acceptor, and what it said that may still be heard: of each term its promise and how far it acknowledged, of each read what it showed. */
export interface Column {
  readonly acceptor: number
  /** By term: the number of what it promised with; 0: it did not. */
  readonly promises: readonly number[]
  readonly closed: readonly number[]
  readonly rounds: readonly number[]
  /** By read: the number of what it showed; 0: nothing was heard. */
  readonly shown: readonly number[]
}

/** Which acknowledgements of a term can still tell its owner anything: how far it has closed, and rounds. */
export interface Audible {
  readonly above: number
  readonly upTo: number
  readonly roundAbove: number
  readonly roundUpTo: number
}

/** How many letters, lists of letters, terms and reads may be told apart. */
const most = 2 ** 20

/** All columns that were met, each under one number: what comes of a letter to one of them is worked out once. */
export class Columns {
  readonly letters = new Numbered<Body>()
  readonly lists = new Numbered<readonly number[]>()
  readonly promises = new Numbered<readonly Entry[]>()
  /** What a read may show; number 0 stands for nothing that was heard. */
  readonly values = new Numbered<Stamped | undefined>()
  readonly columns = new Numbered<Column>()
  /** What the search asks of columns, by bits: the terms that each may take part in, those it promised to, those it said anything about. */
  readonly admits: number[] = []
  readonly promised: number[] = []
  readonly spoke: number[] = []
  readonly #contents = new Numbered<undefined>()
  readonly #states = new Numbered<AcceptorState>()
  readonly #terms: readonly Term[]
  readonly #elements: readonly string[]
  readonly #reads: readonly number[]
  readonly #delivered = new NumberMap()
  readonly #shown = new NumberMap()
  readonly #silent = new NumberMap()
  readonly #forgotten = new NumberMap()
  readonly #hollow = new NumberMap()
  readonly #effectsOf = new NumberMap()
  readonly #effects: Array<readonly number[]> = []

  /** `reads`: of each, which of the elements it reads. */
  constructor (terms: readonly Term[], elements: readonly string[], reads: readonly number[]) {
    this.#terms = terms
    this.#elements = elements
    this.#reads = reads
    this.letters.of('', () => ({ type: 'ping' }))
    this.promises.of('', () => [])
    this.values.of('', () => undefined)
  }

  /** An acceptor that has never heard of anything. */
  first (): number {
    const none = this.#terms.map(() => 0)
    return this.number({ acceptor: this.#intern(new Acceptor(), []), promises: none, closed: none, rounds: none, shown: this.#reads.map(() => 0) })
  }

  letter (body: Body): number { return this.letters.of(digest(body), () => body) }

  list (letters: readonly number[]): number { return this.lists.of(letters.join(), () => letters) }

  number (column: Column): number {
    const { acceptor, promises, closed, rounds, shown } = column
    return this.columns.of(`${acceptor};${promises.join()};${closed.join()};${rounds.join()};${shown.join()}`, () => {
      this.admits.push(this.#states.at(acceptor).admits)
      this.promised.push(bitsOf(term => promises[term] !== 0, promises.length))
      this.spoke.push(bitsOf(term => promises[term]! + closed[term]! + rounds[term]! > 0, promises.length))
      return column
    })
  }

  /** Without what was said of a term, as far as nobody will hear it any more: promises, and acknowledgements that are not in these bounds. */
  forget (column: number, term: number, { above, upTo, roundAbove, roundUpTo }: Audible): number {
    return remember(this.#forgotten, column, (((term * 16 + above) * 16 + upTo) * 16 + roundAbove) * 16 + roundUpTo, () => {
      const { promises, closed, rounds, ...rest } = this.columns.at(column)
      const within = (count: number, above: number, upTo: number): number => Math.min(count, upTo) > above ? Math.min(count, upTo) : 0
      return this.number({
        ...rest,
        promises: promises.with(term, 0),
        closed: closed.with(term, within(closed[term]!, above, upTo)),
        rounds: rounds.with(term, within(rounds[term]!, roundAbove, roundUpTo))
      })
    })
  }

  /** Without what the acceptor holds: nobody will ask for it any more. It can be told no more than how far it has closed. */
  hollow (column: number): number {
    return remember(this.#hollow, column, 0, () => {
      const known = this.columns.at(column)
      const { letters, admits, closed } = this.#states.at(known.acceptor)
      const acceptor = this.#states.of(`${admits} ${closed}`, () => ({ letters, admits, contents: -1, closed, values: this.#elements.map(() => 0) }))
      return this.number({ ...known, acceptor })
    })
  }

  /** A read hears nothing any more. */
  forgetShown (column: number, read: number): number {
    return remember(this.#silent, column, read, () => {
      const known = this.columns.at(column)
      return this.number({ ...known, shown: known.shown.with(read, 0) })
    })
  }

  /** Whether one column differs from another by what the acceptor has promised alone: then it can do less, and no more. */
  isLess (column: number, than: number): boolean {
    const [a, b] = [this.columns.at(column), this.columns.at(than)]
    const state = this.#states.at(a.acceptor)
    return state.closed === 0 && state.contents === this.#states.at(b.acceptor).contents && this.number({ ...a, acceptor: b.acceptor }) === than
  }

  /** What comes of the letters of a list, without what is less than the rest: the column then, and the letter, one after the other. */
  effects (column: number, list: number): readonly number[] {
    return this.#effects[remember(this.#effectsOf, column, list, () => {
      const found = new Map<number, number>()
      for (const letter of this.lists.at(list)) found.set(this.deliver(column, letter), letter)
      found.delete(column)
      for (const less of [...found.keys()]) {
        if ([...found.keys()].some(more => more !== less && this.#saysMore(more, less))) found.delete(less)
      }
      return this.#effects.push([...found].flat()) - 1
    })]!
  }

  /** Whether one column holds and promised what another did, and acknowledged no less: whatever can come of the other can come of it. */
  #saysMore (column: number, than: number): boolean {
    const [a, b] = [this.columns.at(column), this.columns.at(than)]
    const [held, other] = [this.#states.at(a.acceptor), this.#states.at(b.acceptor)]
    return held.contents === other.contents && held.admits === other.admits && held.closed >= other.closed &&
      a.promises.join() === b.promises.join() && a.shown.join() === b.shown.join() &&
      a.closed.every((closed, term) => closed >= b.closed[term]!) && a.rounds.every((round, term) => round >= b.rounds[term]!)
  }

  /** A letter arrives, and what is answered is there to be heard from then on. @returns the same number where nothing comes of it */
  deliver (column: number, letter: number): number {
    return remember(this.#delivered, column, letter, () => this.#deliver(this.columns.at(column), letter))
  }

  #deliver (column: Column, letter: number): number {
    const { letters } = this.#states.at(column.acceptor)
    const acceptor = this.#remake(letters)
    const reply = this.#receive(acceptor, this.letters.at(letter))
    acceptor.check()
    const next = { ...column, acceptor: this.#intern(acceptor, [...letters, letter]) }
    if (reply?.type !== 'promise' && reply?.type !== 'ack') return this.number(next)
    const term = this.#terms.indexOf(reply.term)
    if (reply.type === 'ack') {
      const { closed, rounds } = column
      return this.number({
        ...next, closed: closed.with(term, Math.max(closed[term]!, reply.closed)), rounds: rounds.with(term, Math.max(rounds[term]!, reply.round))
      })
    }
    const promise = this.promises.of(digest(reply.entries), () => reply.entries)
    return this.number({ ...next, promises: column.promises.with(term, promise) })
  }

  #receive (acceptor: Acceptor, body: Body): Body | undefined {
    switch (body.type) {
      case 'prepare': return acceptor.prepare(body.lane, body.term, body.cursor).reply
      case 'accept': return acceptor.accept(body).reply
      case 'repair': return acceptor.repair(body, body.element, body.stamped).reply
      default: return undefined
    }
  }

  #remake (letters: readonly number[]): Acceptor {
    const acceptor = new Acceptor()
    for (const letter of letters) this.#receive(acceptor, this.letters.at(letter))
    return acceptor
  }

  /** Local numbers are left out: of lanes that fit one page nobody can tell them. */
  #intern (acceptor: Acceptor, letters: readonly number[]): number {
    const lane = acceptor.lane(laneOf(this.#elements[0]!))
    const { promised, closed, floor, cells } = lane
    const held = [...cells.values()].map(({ element, stamp, cell }) => [element, stamp, cell] as const).sort()
    return this.#states.of(digest([promised, closed, floor, held]), () => ({
      letters,
      admits: bitsOf(term => lane.admits(this.#terms[term]!), this.#terms.length),
      contents: this.#contents.of(digest([floor, held]), () => undefined),
      closed,
      values: this.#elements.map(element => this.#value(acceptor, element))
    }))
  }

  #value (acceptor: Acceptor, element: string): number {
    const { reply } = acceptor.read({ incarnation: 1, number: 1 }, element)
    expect(reply.type === 'value', () => 'a read is not answered by a value')
    return this.values.of(digest(reply), () => reply.stamped)
  }

  /** What the acceptor holds now of what a read is about: the number of it. */
  valueFor (column: number, read: number): number {
    return this.#states.at(this.columns.at(column).acceptor).values[this.#reads[read]!]!
  }

  /** A read hears what the acceptor holds now. */
  show (column: number, read: number): number {
    return remember(this.#shown, column, read, () => {
      const known = this.columns.at(column)
      return this.number({ ...known, shown: known.shown.with(read, this.valueFor(column, read)) })
    })
  }

  /** Whether a read may yet hear this value from the acceptor: it did, it would now, or a letter may still bring it. */
  mayShow (column: number, read: number, value: number): boolean {
    const { acceptor, shown } = this.columns.at(column)
    const { admits, values } = this.#states.at(acceptor)
    const now = values[this.#reads[read]!]!
    if (shown[read] !== 0 || now === value) return true
    const stamp = this.values.at(value)?.stamp ?? ''
    return stamp > (this.values.at(now)?.stamp ?? '') && (admits >> this.#terms.indexOf(termOfStamp(stamp))) % 2 === 1
  }
}

/** What is remembered of a number and another, worked out when it is asked first. */
function remember (known: NumberMap, number: number, other: number, workOut: () => number): number {
  const key = number * most + other
  const found = known.get(key)
  return found === -1 ? known.add(key, workOut()) : found
}

function bitsOf (isSet: (bit: number) => boolean, count: number): number {
  let bits = 0
  for (let bit = 0; bit < count; bit++) if (isSet(bit)) bits |= 1 << bit
  return bits
}
