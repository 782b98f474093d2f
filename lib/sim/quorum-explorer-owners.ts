import type { Answer } from '../quorum/cells.js'
import type { Operation } from '../quorum/execute.js'
import type { Accept } from '../quorum/messages.js'
import { Owner } from '../quorum/owner.js'
import { beginning } from '../quorum/progress.js'
import { Released } from '../quorum/released.js'
import type { QuorumSystem } from '../quorum/systems.js'
import type { Term } from '../quorum/terms.js'
import type { Columns } from './quorum-explorer-acceptors.js'
import { digest, Numbered } from './quorum-digest.js'
import { NumberMap } from './quorum-explorer-map.js'
import type { ExploredOperation } from './quorum-explorer-orders.js'
import { expect } from './violation.js'

/** An operation's answer, by the operation's number. */
export interface Told {
  readonly number: number
  readonly answer: Answer
}

/** What an owner can meet with. */
type Input =
  /** Promises from a quorum: of whom, and the number of each. */
  | { readonly type: 'own', readonly from: readonly number[], readonly promises: readonly number[] }
  | { readonly type: 'execute', readonly number: number, readonly element: string, readonly operation: Operation }
  /** What each acceptor has acknowledged. */
  | { readonly type: 'hear' | 'hear all', readonly closed: readonly number[], readonly rounds: readonly number[] }
  | { readonly type: 'release', readonly number: number }

/** An owner in some state: what led there, and what the search asks of it. */
interface OwnerState {
  readonly inputs: readonly Input[]
  /** ACCEPTs that it has sent, and REPAIRs by which readers may pass on what is in them; and the number of all these. */
  readonly letters: readonly number[]
  readonly repairs: readonly number[]
  readonly list: number
  readonly committed: number
  readonly confirmed: number
  /** Whether acknowledgements of changes, or of rounds, may still tell it something. */
  readonly awaitsChanges: boolean
  readonly awaitsRounds: boolean
  readonly mayPurge: boolean
  /** Operations of which it keeps something, and those that it heard to be released: by bits. */
  readonly remembered: number
  readonly released: number
}

export interface OwnerStep {
  readonly to: number
  readonly told: readonly Told[]
}

/** The states of an owner that has not begun, and of one of which nothing can come any more. */
export const unbegun = 0
export const dead = 1

/** How many operations an exploration may have, and how far sequences and rounds are counted. */
const mostOperations = 16
const mostCounted = 16
const perState = 64

/** All states of owners that were met, each under one number: what comes of an input to one of them is worked out once. */
export class Owners {
  readonly states = new Numbered<OwnerState>()
  readonly #system: QuorumSystem
  readonly #lane: number
  readonly #terms: readonly Term[]
  readonly #columns: Columns
  readonly #areRead: boolean
  readonly #owned = new Map<string, number>()
  readonly #stepOf = new NumberMap()
  readonly #heardOf = new NumberMap()
  readonly #steps: OwnerStep[] = []
  readonly quorums: ReadonlyArray<readonly number[]>

  /** `areRead`: acceptors are asked by readers, who repair what they find. */
  constructor (system: QuorumSystem, lane: number, terms: readonly Term[], columns: Columns, areRead: boolean) {
    this.#areRead = areRead
    this.#system = system
    this.#lane = lane
    this.#terms = terms
    this.#columns = columns
    this.quorums = minimalQuorums(system)
    const nothing = { inputs: [], letters: [], repairs: [], list: columns.list([]), committed: 0, confirmed: 0, awaitsChanges: false, awaitsRounds: false, mayPurge: false, remembered: 0, released: 0 }
    for (const text of ['unbegun', 'dead']) this.states.of(text, () => nothing)
  }

  at (state: number): OwnerState { return this.states.at(state) }

  /** Promises from a quorum arrive: of whom, and the number of each. */
  own (term: number, from: readonly number[], promises: readonly number[]): number {
    const key = `${term} ${from.join()} ${promises.join()}`
    const known = this.#owned.get(key) ?? this.#step(term, unbegun, { type: 'own', from, promises }).to
    this.#owned.set(key, known)
    return known
  }

  execute (term: number, owner: number, number: number, { element, kind, token }: ExploredOperation): OwnerStep {
    return this.#known(this.#stepOf, owner * perState + number, () => this.#step(term, owner, { type: 'execute', number, element, operation: { n: 1, kind, token } }))
  }

  release (term: number, owner: number, number: number): number {
    return this.#known(this.#stepOf, owner * perState + mostOperations + number, () => this.#step(term, owner, { type: 'release', number })).to
  }

  /** It hears that all members have acknowledged so much. */
  purge (term: number, owner: number, passed: number): number {
    const all = this.#system.members.map(() => passed)
    return this.#known(this.#stepOf, owner * perState + 2 * mostOperations + passed, () => this.#step(term, owner, { type: 'hear all', closed: all, rounds: all.map(() => 0) })).to
  }

  /** It hears what each member has acknowledged, as soon as that is a quorum. */
  hear (term: number, owner: number, closed: readonly number[], rounds: readonly number[]): OwnerStep {
    let heard = owner
    for (let i = 0; i < closed.length; i++) heard = (heard * mostCounted + closed[i]!) * mostCounted + rounds[i]!
    return this.#known(this.#heardOf, heard, () => this.#step(term, owner, { type: 'hear', closed: [...closed], rounds: [...rounds] }))
  }

  #known (steps: NumberMap, key: number, step: () => OwnerStep): OwnerStep {
    const known = steps.get(key)
    return this.#steps[known === -1 ? steps.add(key, this.#steps.push(step()) - 1) : known]!
  }

  #step (term: number, from: number, input: Input): OwnerStep {
    const made = this.#remake(term, from)
    const told = made.take(input)
    made.owner.check()
    return { to: made.owner.isOwning ? this.#intern(term, from, input, made) : from, told }
  }

  #remake (term: number, state: number): ExploredOwner {
    const made = new ExploredOwner(this.#lane, this.#terms[term]!, this.#system, this.quorums, this.#columns)
    for (const input of this.at(state).inputs) made.take(input)
    return made
  }

  #intern (term: number, from: number, input: Input, made: ExploredOwner): number {
    const { owner, released } = made
    const before = this.at(from)
    const letters = this.#latest([...before.letters, ...made.accepts().map(body => this.#columns.letter(body))])
    this.#mustAgree(letters)
    const repairs = this.#areRead ? this.#repairs(letters) : []
    return this.states.of(digest([term, owner, [...released.upTo].sort(), letters]), () => ({
      inputs: [...before.inputs, input],
      letters,
      repairs,
      list: this.#columns.list([...letters, ...repairs]),
      committed: owner.committed,
      confirmed: owner.confirmed,
      awaitsChanges: owner.committed < owner.ledger.head,
      awaitsRounds: owner.waiting.refusals.some(({ round }) => round > owner.confirmed),
      mayPurge: owner.ledger.tombstones.size > 0,
      remembered: made.remembered,
      released: input.type === 'release' ? before.released | 1 << input.number : before.released
    }))
  }

  /** Of ACCEPTs that differ by their rounds alone, the last: it does the same, and its acknowledgement says more. */
  #latest (letters: readonly number[]): number[] {
    const latest = new Map<string, number>()
    for (const letter of letters) {
      const accept = this.#columns.letters.at(letter) as Accept
      const key = digest({ ...accept, round: 0 })
      const known = latest.get(key)
      if (known === undefined || (this.#columns.letters.at(known) as Accept).round < accept.round) latest.set(key, letter)
    }
    return [...latest.values()].sort((a, b) => a - b)
  }

  #repairs (letters: readonly number[]): number[] {
    const entries = letters.flatMap(letter => (this.#columns.letters.at(letter) as Accept).entries)
    return [...new Set(entries.map(({ element, stamp, cell }) =>
      this.#columns.letter({ type: 'repair', incarnation: 1, number: 1, element, stamped: { stamp, cell } })))]
  }

  /** One value per stamp. */
  #mustAgree (letters: readonly number[]): void {
    const values = new Map<string, string>()
    for (const letter of letters) {
      for (const { element, stamp, cell } of (this.#columns.letters.at(letter) as Accept).entries) {
        const value = digest(cell)
        expect((values.get(element + stamp) ?? value) === value, () => `two values under one stamp: ${values.get(element + stamp)} and ${value}`)
        values.set(element + stamp, value)
      }
    }
  }
}

/** Sets of members, by their places, that are quorums and hold no smaller one. */
function minimalQuorums ({ members, isQuorum }: QuorumSystem): number[][] {
  const sets = Array.from({ length: 2 ** members.length }, (_, bits) => [...members.keys()].filter(i => (bits >> i) % 2 === 1))
  const quorums = sets.filter(set => isQuorum(new Set(set.map(i => members[i]!))))
  return quorums.filter(set => !quorums.some(other => other.length < set.length && other.every(i => set.includes(i))))
}

/** A production owner, and whom it has heard to wait no more. */
class ExploredOwner {
  readonly owner: Owner
  readonly released = new Released()
  readonly #quorums: ReadonlyArray<readonly number[]>
  readonly #columns: Columns

  constructor (lane: number, term: Term, system: QuorumSystem, quorums: ReadonlyArray<readonly number[]>, columns: Columns) {
    this.owner = new Owner(lane, term, system, this.released)
    this.#quorums = quorums
    this.#columns = columns
  }

  take (input: Input): Told[] {
    const told = this.#take(input)
    this.#forgetProgress()
    return told
  }

  #take (input: Input): Told[] {
    const { owner } = this
    switch (input.type) {
      case 'own':
        input.from.forEach((member, i) => owner.promised(this.#id(member), 0, 0, this.#columns.promises.at(input.promises[i]!)))
        return []
      case 'execute': return owner.forward({ id: originOf(input.number), incarnation: 1 }, input.element, [input.operation])
        .map(({ code, token, fence }) => ({ number: input.number, answer: { code, token, fence } }))
      case 'hear': return this.#quorums.flatMap(quorum => this.#hear(quorum, input))
      case 'hear all': return this.#hear([...owner.system.members.keys()], input)
      case 'release':
        this.released.hear(originOf(input.number), 1, 1)
        return []
    }
  }

  #hear (members: readonly number[], { closed, rounds }: Input & { readonly type: 'hear' | 'hear all' }): Told[] {
    this.#forgetProgress()
    return members.flatMap(member => this.owner.acknowledged(this.#id(member), closed[member]!, rounds[member]!))
      .flatMap(({ origin, answers }) => answers.map(({ code, token, fence }) => ({ number: Number(origin.id.slice(1)), answer: { code, token, fence } })))
  }

  #id (member: number): string { return this.owner.system.members[member]! }

  #forgetProgress (): void {
    for (const id of this.owner.system.members) this.owner.progress.set(id, beginning())
  }

  /** What it might send by now, to members that are known to be, or taken to be, however far. */
  accepts (): Accept[] {
    const { owner } = this
    const accepts = Array.from({ length: owner.ledger.head + 1 }, (_, sent) => {
      owner.progress.set(this.#id(0), { ...beginning(), sent, isAnnounced: true })
      const body = owner.pull(this.#id(0), 0)
      expect(body?.type === 'accept', () => 'an owner has nothing to send')
      return { ...body, commit: 0 }
    })
    this.#forgetProgress()
    return accepts
  }

  /** Operations of which it still keeps something, by bits. */
  get remembered (): number {
    const { ledger, seen } = this.owner
    const origins = [...ledger.lines.values()].flatMap(({ cell }) => cell.outcomes.map(({ origin }) => origin))
    return [...origins, ...seen.keys()].reduce((bits, origin) => bits | 1 << Number(origin.slice(1)), 0)
  }
}

function originOf (operation: number): string { return `c${operation}` }
