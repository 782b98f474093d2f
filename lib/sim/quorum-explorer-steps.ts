import type { Stamped } from '../quorum/cells.js'
import { laneOf } from '../quorum/lanes.js'
import { majority } from '../quorum/systems.js'
import { termOf } from '../quorum/terms.js'
import { Columns } from './quorum-explorer-acceptors.js'
import { Blocks } from './quorum-explorer-blocks.js'
import type { BlockStep } from './quorum-explorer-blocks.js'
import { Histories } from './quorum-explorer-history.js'
import type { ExploredOperation } from './quorum-explorer-orders.js'
import { dead, Owners, unbegun } from './quorum-explorer-owners.js'
import type { OwnerStep, Told } from './quorum-explorer-owners.js'
import { Reads } from './quorum-explorer-reads.js'
import { Settling } from './quorum-explorer-settling.js'
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

/** A step of an exploration. */
export type Action =
  | { readonly type: 'deliver', readonly member: number, readonly letter: number }
  | { readonly type: 'show', readonly member: number, readonly number: number }
  /** By bits, who promised. */
  | { readonly type: 'own', readonly term: number, readonly promisers: number }
  | BlockStep & { readonly term: number }

/**
 * All that can happen next. A state is a row of numbers: of each acceptor its column, of each term its owner, and the history.
 * `docs/quorum.md` says why what is left out hides nothing.
 */
export class Steps {
  readonly columns: Columns
  readonly histories: Histories
  readonly width: number
  /** What is being tried, one after the other; kept where it is to be told. */
  readonly actions: Action[] = []
  isTold = false
  readonly #operations: readonly ExploredOperation[]
  readonly #owners: Owners
  readonly #blocks: Blocks
  readonly #reads: Reads
  readonly #settling: Settling
  readonly #prepares: readonly number[]
  readonly #quorums: readonly number[]
  /** The first of those acceptors that may be exchanged for each other: the tie-breaker stands for itself. */
  readonly #firstAlike: number
  readonly #acceptors: number
  readonly #terms: number
  readonly #purges: boolean
  #found: (vector: Int32Array) => void = () => undefined
  #begun: Int32Array = new Int32Array(0)
  /** Rows that are used again and again, by depth. */
  readonly #rows: Int32Array[] = []
  #depth = 0
  /** By owner: the operations that it may be asked for, by bits. */
  readonly #handed: readonly number[]
  readonly #closed: number[] = []
  readonly #rounds: number[] = []

  constructor ({ acceptors, tieBreaker, terms, operations, purges }: Exploration) {
    this.#operations = operations
    this.#purges = purges
    this.#acceptors = acceptors
    this.#terms = terms
    this.width = acceptors + terms + 1
    const system = majority(Array.from({ length: acceptors }, (_, i) => `a${i}`), tieBreaker)
    this.#firstAlike = tieBreaker && acceptors >= 4 && acceptors % 2 === 0 ? 1 : 0
    const names = Array.from({ length: terms }, (_, i) => termOf(i + 1, `o${i}`, 1))
    const elements = [...new Set(operations.map(({ element }) => element))]
    const lane = laneOf(elements[0]!)
    expect(elements.every(element => laneOf(element) === lane), () => 'all elements of an exploration are in one lane')
    this.#handed = names.map((_, term) => operations.reduce((bits, { owners }, number) => owners.includes(term) ? bits | 1 << number : bits, 0))
    const reads = [...operations.keys()].filter(number => operations[number]!.owners.length === 0)
    const columns = this.columns = new Columns(names, elements, reads.map(number => elements.indexOf(operations[number]!.element)))
    const owners = this.#owners = new Owners(system, lane, names, columns, reads.length > 0)
    const histories = this.histories = new Histories(operations)
    this.#blocks = new Blocks({ owners, histories, operations, purges, list: letters => columns.list(letters) })
    this.#prepares = names.map(term => columns.letter({ type: 'prepare', lane, term, cursor: 0 }))
    this.#quorums = owners.quorums.map(quorum => quorum.reduce((bits, member) => bits | 1 << member, 0))
    this.#reads = new Reads({ system, quorums: owners.quorums, columns, histories, operations: reads, purges })
    this.#settling = new Settling({ acceptors, terms, quorums: this.#quorums, columns, owners, purges })
  }

  first (): Int32Array { return new Int32Array(this.width).fill(this.columns.first(), 0, this.#acceptors) }

  /** What an acceptor holds now of what this operation reads. */
  valueAt (vector: Int32Array, member: number, operation: number): Stamped | undefined {
    return this.columns.values.at(this.columns.valueFor(vector[member]!, this.#reads.operations.indexOf(operation)))
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

  /** Tells `found` what can come of a state. The rows told are the receiver's until it returns. */
  expand (vector: Int32Array, found: (vector: Int32Array) => void): void {
    this.#found = found
    this.#begun = vector
    this.#depth = 0
    this.actions.length = 0
    for (let term = 0; term < this.#terms; term++) {
      const owner = vector[this.#acceptors + term]!
      if (owner === unbegun) this.#begin(vector, term)
      else if (owner !== dead) {
        this.#arrive(vector, term, this.#owners.at(owner).list)
        this.#act(vector, term)
      }
    }
    for (let read = 0; read < this.#reads.operations.length; read++) this.#read(vector, read)
  }

  /** Whether anybody may still be answered. */
  #mayEnd (vector: Int32Array): boolean {
    if (!this.#reads.areOver(vector)) return true
    const { ended } = this.histories.at(vector[this.width - 1]!)
    for (let term = 0; term < this.#terms; term++) {
      if ((this.#handed[term]! & ~ended) !== 0 && !this.#settling.isDeaf(vector, term)) return true
    }
    return false
  }

  #isLikeEarlier (vector: Int32Array, member: number): boolean {
    for (let other = this.#firstAlike; other < member; other++) if (vector[other] === vector[member]) return true
    return false
  }

  #copy (vector: Int32Array): Int32Array {
    const row = this.#rows[this.#depth++] ??= new Int32Array(this.width)
    for (let i = 0; i < row.length; i++) row[i] = vector[i]!
    return row
  }

  /** Something is done, then what follows it, and then it is taken back. */
  #try (action: Action, follow: () => void): void {
    const { length } = this.actions
    if (this.isTold) this.actions.push(action)
    const depth = this.#depth
    follow()
    this.#depth = depth
    this.actions.length = length
  }

  // Owners

  /** A quorum promises, unless some of it did so before, and the owner begins. */
  #begin (vector: Int32Array, term: number): void {
    if (!this.#mayExecute(vector, term)) return
    const promised = this.#settling.promised(vector, term)
    for (const quorum of this.#quorums) if ((quorum & promised) === promised) this.#promise(vector, term, quorum, 0)
  }

  #mayExecute (vector: Int32Array, term: number): boolean {
    return this.#operations.some((_, number) => this.#blocks.mayBeHanded(vector[this.width - 1]!, number, term))
  }

  /** All of a quorum who have not promised yet do, from this member on. */
  #promise (vector: Int32Array, term: number, quorum: number, from: number): void {
    let member = from
    while (member < this.#acceptors && (!isSet(quorum, member) || isSet(this.columns.promised[vector[member]!]!, term))) member++
    if (member === this.#acceptors) {
      this.#own(vector, term, quorum)
      return
    }
    if (!isSet(this.columns.admits[vector[member]!]!, term)) return
    this.#before(vector, member, term, 0, ready => {
      const letter = this.#prepares[term]!
      const next = this.#copy(ready)
      next[member] = this.columns.deliver(ready[member]!, letter)
      this.#try({ type: 'deliver', member, letter }, () => { this.#promise(next, term, quorum, member + 1) })
    })
  }

  #own (vector: Int32Array, term: number, quorum: number): void {
    const members: number[] = []
    for (let member = 0; member < this.#acceptors; member++) if (isSet(quorum, member)) members.push(member)
    const next = this.#copy(vector)
    next[this.#acceptors + term] = this.#owners.own(term, members, members.map(member => this.columns.columns.at(vector[member]!).promises[term]!))
    this.#try({ type: 'own', term, promisers: quorum }, () => { this.#act(next, term) })
  }

  /** What an owner does of itself, and what is sent by it arrives. */
  #act (vector: Int32Array, term: number): void {
    const passed = this.#purges ? this.#passed(vector, term) : 0
    for (const { owner, history, list, told, steps } of this.#blocks.from(term, vector[this.#acceptors + term]!, vector[this.width - 1]!, passed)) {
      const { length } = this.actions
      const depth = this.#depth
      if (this.isTold) for (const step of steps) this.actions.push({ ...step, term })
      const next = this.#copy(vector)
      next[this.#acceptors + term] = owner
      next[this.width - 1] = history
      if (told.length > 0) this.#tell(next, vector, term, told, 0)
      else this.#arrive(next, term, list)
      this.#depth = depth
      this.actions.length = length
    }
  }

  /** How far all members have acknowledged. */
  #passed (vector: Int32Array, term: number): number {
    let passed = Infinity
    for (let member = 0; member < this.#acceptors; member++) passed = Math.min(passed, this.columns.columns.at(vector[member]!).closed[term]!)
    return passed
  }

  // Acceptors

  /** What an owner has sent arrives at an acceptor. */
  #arrive (vector: Int32Array, term: number, list: number): void {
    for (let member = 0; member < this.#acceptors; member++) {
      if (this.#isLikeEarlier(vector, member) || !isSet(this.columns.admits[vector[member]!]!, term)) continue
      this.#before(vector, member, term, 0, ready => { this.#deliver(ready, member, term, list, 0) })
    }
  }

  /** Before an acceptor takes a letter of a term, it may promise to others, if that is of use and it takes the letter still: later it could not. */
  #before (vector: Int32Array, member: number, term: number, from: number, follow: (vector: Int32Array) => void): void {
    follow(vector)
    for (let other = from; other < this.#terms; other++) {
      if (other === term || vector[this.#acceptors + other] !== unbegun || !this.#mayPromise(vector, member, other)) continue
      const letter = this.#prepares[other]!
      const column = this.columns.deliver(vector[member]!, letter)
      if (!isSet(this.columns.admits[column]!, term)) continue
      const next = this.#copy(vector)
      next[member] = column
      this.#try({ type: 'deliver', member, letter }, () => { this.#before(next, member, term, other + 1, follow) })
    }
  }

  /** Promises are given to those alone who will need them. */
  #mayPromise (vector: Int32Array, member: number, term: number): boolean {
    const { admits, promised } = this.columns
    if (!isSet(admits[vector[member]!]!, term) || isSet(promised[vector[member]!]!, term) || !this.#mayExecute(vector, term)) return false
    const all = this.#settling.promised(vector, term) | 1 << member
    return this.#quorums.some(quorum => (quorum & all) === all)
  }

  /** Letters arrive, and before that reads may begin with what will not be there any more. */
  #deliver (vector: Int32Array, member: number, term: number, list: number, from: number): void {
    const effects = this.columns.effects(vector[member]!, list)
    for (let i = 0; i < effects.length; i += 2) this.#take(vector, member, term, effects[i]!, effects[i + 1]!)
    for (let read = from; read < this.#reads.operations.length && effects.length > 0; read++) {
      if (!this.#reads.mayBegin(vector, read)) continue
      const number = this.#reads.operations[read]!
      const next = this.#copy(vector)
      this.#reads.begin(next, member, read)
      if (this.#reads.hasEnded(next, read)) continue
      this.#try({ type: 'show', member, number }, () => { this.#deliver(next, member, term, list, read + 1) })
    }
  }

  #take (vector: Int32Array, member: number, term: number, column: number, letter: number): void {
    if (this.#reads.isTooEarly(this.#begun, vector, member, column)) return
    const depth = this.#depth
    const next = this.#copy(vector)
    next[member] = column
    if (this.isTold) this.actions.push({ type: 'deliver', member, letter })
    this.#hear(next, vector, term)
    if (this.isTold) this.actions.pop()
    this.#depth = depth
  }

  /** An owner hears of acknowledgements as soon as a quorum of them is there. */
  #hear (vector: Int32Array, before: Int32Array, term: number): void {
    const { awaitsChanges, awaitsRounds } = this.#owners.at(vector[this.#acceptors + term]!)
    if (!awaitsChanges && !awaitsRounds) { this.#settle(vector, before); return }
    const { to, told } = this.#acknowledged(vector, term)
    vector[this.#acceptors + term] = to
    this.#tell(vector, before, term, told, 0)
  }

  #acknowledged (vector: Int32Array, term: number): OwnerStep {
    for (let member = 0; member < this.#acceptors; member++) {
      const { closed, rounds } = this.columns.columns.at(vector[member]!)
      this.#closed[member] = closed[term]!
      this.#rounds[member] = rounds[term]!
    }
    return this.#owners.hear(term, vector[this.#acceptors + term]!, this.#closed, this.#rounds)
  }

  /** A read begins and ends, where a quorum holds what it hears. */
  #read (vector: Int32Array, read: number): void {
    if (!this.#reads.mayBegin(vector, read)) return
    const number = this.#reads.operations[read]!
    for (let member = 0; member < this.#acceptors; member++) {
      if (this.#isLikeEarlier(vector, member)) continue
      const next = this.#copy(vector)
      this.#try({ type: 'show', member, number }, () => {
        this.#reads.begin(next, member, read)
        if (this.#reads.hasEnded(next, read)) this.#settle(next, vector)
      })
    }
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
      if (this.#operations[number]!.owners.at(-1)! > term) this.#tell(this.#copy(vector), before, term, told, i + 1)
      const next = this.#copy(vector)
      next[this.width - 1] = this.histories.end(history, number, answer)
      this.#tell(next, before, term, told, i + 1)
      return
    }
    this.#settle(vector, before)
  }

  #settle (next: Int32Array, before: Int32Array): void {
    this.#reads.hear(next)
    this.#settling.settle(next, this.#reads.areOver(next))
    if (this.#mayEnd(next) && !this.#settling.isLess(next, before) && !this.#reads.isHopeless(next)) this.#found(next)
  }
}

function isSet (bits: number, bit: number): boolean { return (bits >> bit) % 2 !== 0 }
