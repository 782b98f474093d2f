import type { Stamped } from '../quorum/cells.js'
import { laneOf } from '../quorum/lanes.js'
import { majority } from '../quorum/systems.js'
import type { QuorumSystem } from '../quorum/systems.js'
import { termOf } from '../quorum/terms.js'
import { Columns } from './quorum-explorer-acceptors.js'
import type { Column } from './quorum-explorer-acceptors.js'
import { Histories } from './quorum-explorer-history.js'
import type { ExploredOperation } from './quorum-explorer-history.js'
import { dead, Owners, unbegun } from './quorum-explorer-owners.js'
import type { Told } from './quorum-explorer-owners.js'
import { Reads } from './quorum-explorer-reads.js'
import { expect } from './violation.js'

export interface Exploration {
  readonly acceptors: number
  readonly tieBreaker: boolean
  /** How many owners may prepare, each a term of its own. */
  readonly terms: number
  readonly operations: readonly ExploredOperation[]
  /** Origins may say that they wait no more, and what was removed may be purged. */
  readonly purges: boolean
  /** The exploration fails beyond so many states. */
  readonly mostStates: number
}

/** A step of an exploration. `promisers`, by bits: who promised to an owner that begins with this. */
export type Action =
  | { readonly type: 'deliver', readonly member: number, readonly letter: number }
  | { readonly type: 'show', readonly member: number, readonly number: number }
  | { readonly type: 'execute', readonly term: number, readonly number: number, readonly promisers: number }
  | { readonly type: 'release', readonly term: number, readonly number: number }
  | { readonly type: 'purge', readonly term: number }

/**
 * All that can happen next. A state is a row of numbers: of each acceptor its column, of each term its owner, and the history.
 * `docs/quorum.md` says why what is left out hides nothing.
 */
export class Steps {
  readonly columns: Columns
  readonly histories: Histories
  readonly width: number
  /** What is being tried. */
  action: Action | undefined
  readonly #operations: readonly ExploredOperation[]
  readonly #purges: boolean
  readonly #system: QuorumSystem
  readonly #owners: Owners
  readonly #reads: Reads
  readonly #prepares: readonly number[]
  readonly #quorums: readonly number[]
  readonly #settled = new Map<number, number>()
  /** The first of those acceptors that may be exchanged for each other: the tie-breaker stands for itself. */
  readonly #firstAlike: number
  readonly #acceptors: number
  readonly #terms: number
  #found: (vector: Int32Array) => void = () => undefined

  constructor ({ acceptors, tieBreaker, terms, operations, purges }: Exploration) {
    this.#operations = operations
    this.#purges = purges
    this.#acceptors = acceptors
    this.#terms = terms
    this.width = acceptors + terms + 1
    this.#system = majority(Array.from({ length: acceptors }, (_, i) => `a${i}`), tieBreaker)
    this.#firstAlike = tieBreaker && acceptors >= 4 && acceptors % 2 === 0 ? 1 : 0
    const names = Array.from({ length: terms }, (_, i) => termOf(i + 1, `o${i}`, 1))
    const elements = [...new Set(operations.map(({ element }) => element))]
    const lane = laneOf(elements[0]!)
    expect(elements.every(element => laneOf(element) === lane), () => 'all elements of an exploration are in one lane')
    const reads = [...operations.keys()].filter(number => operations[number]!.owners.length === 0)
    this.columns = new Columns(names, elements, reads.map(number => elements.indexOf(operations[number]!.element)))
    this.#owners = new Owners(this.#system, lane, names, this.columns)
    this.histories = new Histories(operations)
    this.#prepares = names.map(term => this.columns.letter({ type: 'prepare', lane, term, cursor: 0 }))
    this.#reads = new Reads({ system: this.#system, quorums: this.#owners.quorums, columns: this.columns, histories: this.histories, operations: reads, purges })
    this.#quorums = this.#owners.quorums.map(quorum => quorum.reduce((bits, member) => bits | 1 << member, 0))
  }

  first (): Int32Array { return new Int32Array(this.width).fill(this.columns.first(), 0, this.#acceptors) }

  /** What an acceptor holds now of what this operation reads. */
  valueAt (vector: Int32Array, member: number, operation: number): Stamped | undefined {
    return this.columns.valueFor(vector[member]!, this.#reads.operations.indexOf(operation))
  }

  /** Which of those acceptors is which that are alike makes no difference. */
  order (vector: Int32Array): void {
    for (let i = this.#firstAlike + 1; i < this.#acceptors; i++) {
      const column = vector[i]!
      let at = i
      for (; at > this.#firstAlike && vector[at - 1]! > column; at--) vector[at] = vector[at - 1]!
      vector[at] = column
    }
  }

  /** Tells `found` what can come of a state. The rows told are the receiver's. */
  expand (vector: Int32Array, found: (vector: Int32Array) => void): void {
    this.#found = found
    if (!this.#mayEnd(vector)) return
    for (let member = 0; member < this.#acceptors; member++) {
      if (member > this.#firstAlike && vector.subarray(this.#firstAlike, member).includes(vector[member]!)) continue
      for (let term = 0; term < this.#terms; term++) this.#reach(vector, member, term)
      for (let read = 0; read < this.#reads.operations.length; read++) this.#show(vector, member, read)
    }
    for (let term = 0; term < this.#terms; term++) this.#own(vector, term)
  }

  /** Whether anybody may still be answered. */
  #mayEnd (vector: Int32Array): boolean {
    const { ended } = this.histories.at(vector[this.width - 1]!)
    return this.#operations.some(({ owners }, number) => !isSet(ended, number) &&
      (owners.length === 0 || owners.some(term => vector[this.#acceptors + term] !== dead)))
  }

  // Acceptors

  /** What an owner said, or will say first, arrives at an acceptor. */
  #reach (vector: Int32Array, member: number, term: number): void {
    const owner = vector[this.#acceptors + term]!
    if (owner === unbegun) {
      this.#prepare(vector, member, term)
      return
    }
    const { letters, repairs } = this.#owners.at(owner)
    for (const letter of letters) {
      this.action = { type: 'deliver', member, letter }
      const column = this.columns.deliver(vector[member]!, letter)
      if (column !== vector[member]) this.#hear(vector.with(member, column), vector, term)
    }
    if (this.#reads.operations.length === 0) return
    for (const letter of repairs) {
      this.action = { type: 'deliver', member, letter }
      const column = this.columns.deliver(vector[member]!, letter)
      if (column !== vector[member]) this.#settle(vector.with(member, column), vector)
    }
  }

  /** Promises are given to those alone who will need them. */
  #prepare (vector: Int32Array, member: number, term: number): void {
    const promised = this.#promised(vector, term) | 1 << member
    if (!this.#mayExecute(vector, term) || !this.#quorums.some(quorum => (quorum & promised) === promised)) return
    const letter = this.#prepares[term]!
    this.action = { type: 'deliver', member, letter }
    const column = this.columns.deliver(vector[member]!, letter)
    if (column !== vector[member]) this.#settle(vector.with(member, column), vector)
  }

  #promised (vector: Int32Array, term: number): number {
    return this.#membersWho(member => isSet(this.columns.bits[vector[member]!]!.promised, term))
  }

  #admitting (vector: Int32Array, term: number): number {
    return this.#membersWho(member => isSet(this.columns.bits[vector[member]!]!.admits, term))
  }

  /** Members by bits. */
  #membersWho (holds: (member: number) => boolean): number {
    let members = 0
    for (let member = 0; member < this.#acceptors; member++) if (holds(member)) members |= 1 << member
    return members
  }

  #show (vector: Int32Array, member: number, read: number): void {
    const number = this.#reads.operations[read]!
    if (this.histories.at(vector[this.width - 1]!).asked[number] !== -1) return
    this.action = { type: 'show', member, number }
    this.#settle(this.#reads.begin(vector, member, read), vector)
  }

  // Owners

  /** What owners do of themselves: prepare and execute, hear of releases, and that all members have passed. */
  #own (vector: Int32Array, term: number): void {
    const owner = vector[this.#acceptors + term]!
    if (owner === dead) return
    if (owner !== unbegun) {
      this.#execute(vector, term, owner, 0)
      if (this.#purges) this.#purge(vector, term, owner)
      return
    }
    const promised = this.#promised(vector, term)
    if (!this.#quorums.includes(promised)) return
    const members = [...this.#system.members.keys()].filter(member => isSet(promised, member))
    const owned = this.#owners.own(term, members, members.map(member => this.#column(vector, member).promises[term]!))
    if (owned !== owner) this.#execute(vector, term, owned, promised)
  }

  /** What is at its end is handed to nobody new, but what was sent before may arrive. */
  #mayBeHanded (vector: Int32Array, number: number, term: number): boolean {
    const { asked, ended } = this.histories.at(vector[this.width - 1]!)
    return this.#operations[number]!.owners.includes(term) && (asked[number]! >= term || !isSet(ended, number))
  }

  #mayExecute (vector: Int32Array, term: number): boolean {
    return this.#operations.some((_, number) => this.#mayBeHanded(vector, number, term))
  }

  #execute (vector: Int32Array, term: number, owner: number, promisers: number): void {
    for (let number = 0; number < this.#operations.length; number++) {
      if (!this.#mayBeHanded(vector, number, term)) continue
      this.action = { type: 'execute', term, number, promisers }
      const { to, told } = this.#owners.execute(term, owner, number, this.#operations[number]!)
      if (to === vector[this.#acceptors + term] && told.length === 0) continue
      const next = vector.with(this.#acceptors + term, to)
      next[this.width - 1] = this.histories.ask(vector[this.width - 1]!, number, term)
      this.#tell(next, vector, term, told, 0)
    }
  }

  #purge (vector: Int32Array, term: number, owner: number): void {
    const { remembered, released, mayPurge } = this.#owners.at(owner)
    const releasable = this.histories.at(vector[this.width - 1]!).ended & remembered & ~released
    for (let number = 0; number < this.#operations.length; number++) {
      if (!isSet(releasable, number)) continue
      this.action = { type: 'release', term, number }
      this.#settle(vector.with(this.#acceptors + term, this.#owners.release(term, owner, number)), vector)
    }
    if (!mayPurge) return
    this.action = { type: 'purge', term }
    const { to, told } = this.#acknowledged(vector, term, true)
    if (to !== owner) this.#tell(vector.with(this.#acceptors + term, to), vector, term, told, 0)
  }

  /** An owner hears of acknowledgements as soon as a quorum of them is there. */
  #hear (vector: Int32Array, before: Int32Array, term: number): void {
    const { awaitsChanges, awaitsRounds } = this.#owners.at(vector[this.#acceptors + term]!)
    if (!awaitsChanges && !awaitsRounds) { this.#settle(vector, before); return }
    const { to, told } = this.#acknowledged(vector, term, false)
    vector[this.#acceptors + term] = to
    this.#tell(vector, before, term, told, 0)
  }

  #acknowledged (vector: Int32Array, term: number, byAll: boolean): ReturnType<Owners['hear']> {
    const closed: number[] = []
    const rounds: number[] = []
    for (let member = 0; member < this.#acceptors; member++) {
      const column = this.#column(vector, member)
      closed.push(column.closed[term]!)
      rounds.push(column.rounds[term]!)
    }
    return this.#owners.hear(term, vector[this.#acceptors + term]!, byAll, closed, rounds)
  }

  /**
   * Answers reach their callers at once, or never: later would prove less. An origin believes the owner alone that it asked last, and has
   * a reason to miss an answer only if there is another owner to turn to.
   */
  #tell (vector: Int32Array, before: Int32Array, term: number, told: readonly Told[], from: number): void {
    const history = vector[this.width - 1]!
    const { asked, ended } = this.histories.at(history)
    for (let i = from; i < told.length; i++) {
      const { number, answer } = told[i]!
      if (asked[number] !== term || isSet(ended, number)) continue
      if (this.#operations[number]!.owners.at(-1)! > term) this.#tell(vector.slice(), before, term, told, i + 1)
      this.#tell(vector.with(this.width - 1, this.histories.end(history, number, answer)), before, term, told, i + 1)
      return
    }
    this.#settle(vector, before)
  }

  // What can make no difference any more

  #settle (next: Int32Array, before: Int32Array): void {
    this.#reads.hear(next)
    for (let term = 0; term < this.#terms; term++) {
      const at = this.#acceptors + term
      if (next[at] !== dead && this.#isOver(next, term)) next[at] = dead
      for (let member = 0; member < this.#acceptors; member++) {
        if (isSet(this.columns.bits[next[member]!]!.spoke, term)) next[member] = this.#settleColumn(next[member]!, term, next[at]!)
      }
    }
    if (!this.#isLess(next, before) && !this.#reads.isHopeless(next)) this.#found(next)
  }

  #column (vector: Int32Array, member: number): Column { return this.columns.columns.at(vector[member]!) }

  /** Nothing that this owner says will ever be taken. */
  #isOver (vector: Int32Array, term: number): boolean {
    const admitting = this.#admitting(vector, term)
    if (vector[this.#acceptors + term] !== unbegun) return admitting === 0
    const promised = this.#promised(vector, term)
    return !this.#quorums.some(quorum => (quorum & promised) === promised && (quorum & (admitting | promised)) === quorum)
  }

  #settleColumn (column: number, term: number, owner: number): number {
    if (owner === unbegun) return column
    const key = (owner * 8 + term) * 2 ** 24 + column
    const known = this.#settled.get(key)
    if (known !== undefined) return known
    const { committed, awaitsRounds, mayPurge } = this.#owners.at(owner)
    const isNews = this.columns.columns.at(column).closed[term]! > committed || (mayPurge && this.#purges)
    const settled = this.columns.forget(column, term, { closed: owner === dead || !isNews, rounds: owner === dead || !awaitsRounds })
    this.#settled.set(key, settled)
    return settled
  }

  /** An acceptor has but promised more, to somebody whom that does not help. */
  #isLess (next: Int32Array, before: Int32Array): boolean {
    let differs = -1
    for (let i = 0; i < this.width; i++) {
      if (next[i] === before[i]) continue
      if (differs !== -1 || i >= this.#acceptors) return false
      differs = i
    }
    return differs === -1 || this.columns.isLess(next[differs]!, before[differs]!)
  }
}

function isSet (bits: number, bit: number): boolean { return (bits >> bit) % 2 !== 0 }
