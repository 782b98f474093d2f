import type { Audible, Columns } from './quorum-explorer-acceptors.js'
import { dead, unbegun } from './quorum-explorer-owners.js'
import type { Owners } from './quorum-explorer-owners.js'

export interface SettlingOptions {
  readonly acceptors: number
  readonly terms: number
  /** The smallest quorums, each by bits. */
  readonly quorums: readonly number[]
  readonly columns: Columns
  readonly owners: Owners
  readonly purges: boolean
}

/** All members, by bits. */
const everybody = -1
/** More than any sequence or round. */
const unbounded = 15
const nothing: Audible = { above: 0, upTo: 0, roundAbove: 0, roundUpTo: 0 }

/** Leaves out of a state what can make no difference any more. */
export class Settling {
  readonly #options: SettlingOptions

  constructor (options: SettlingOptions) {
    this.#options = options
  }

  settle (next: Int32Array, areReadsOver: boolean): void {
    const { acceptors, terms, columns } = this.#options
    let mayBegin = false
    for (let term = 0; term < terms; term++) {
      const at = acceptors + term
      if (next[at] !== dead && this.#isOver(next, term)) next[at] = dead
      if (next[at] === unbegun) {
        mayBegin = true
        continue
      }
      let audible: Audible | undefined
      for (let member = 0; member < acceptors; member++) {
        if (isSet(columns.spoke[next[member]!]!, term)) next[member] = columns.forget(next[member]!, term, audible ??= this.#audible(next, term))
      }
    }
    if (mayBegin || !areReadsOver) return
    for (let member = 0; member < acceptors; member++) next[member] = columns.hollow(next[member]!)
  }

  /** Which acknowledgements an owner can still learn anything from. */
  #audible (vector: Int32Array, term: number): Audible {
    const owner = vector[this.#options.acceptors + term]!
    if (owner === dead) return nothing
    const { committed, awaitsChanges, awaitsRounds, confirmed, mayPurge } = this.#options.owners.at(owner)
    const reached = awaitsChanges ? this.#reach(vector, term, 'closed') : 0
    const roundReached = awaitsRounds ? this.#reach(vector, term, 'rounds') : 0
    const passed = mayPurge && this.#options.purges ? this.#pass(vector, term, everybody, 'closed') : 0
    return {
      above: passed > 0 ? 0 : committed,
      upTo: Math.max(reached > committed ? reached : 0, passed),
      roundAbove: confirmed,
      roundUpTo: roundReached > confirmed ? roundReached : 0
    }
  }

  /** How far a quorum may yet acknowledge. */
  #reach (vector: Int32Array, term: number, what: 'closed' | 'rounds'): number {
    let best = 0
    for (const quorum of this.#options.quorums) best = Math.max(best, this.#pass(vector, term, quorum, what))
    return best
  }

  /** How far all of these members may yet acknowledge. */
  #pass (vector: Int32Array, term: number, members: number, what: 'closed' | 'rounds'): number {
    const { acceptors, columns } = this.#options
    let passed = unbounded
    for (let member = 0; member < acceptors; member++) {
      const column = vector[member]!
      if (isSet(members, member) && !isSet(columns.admits[column]!, term)) passed = Math.min(passed, columns.columns.at(column)[what][term]!)
    }
    return passed
  }

  /** An owner that answers nobody any more, whatever arrives. */
  isDeaf (vector: Int32Array, term: number): boolean {
    const owner = vector[this.#options.acceptors + term]!
    if (owner === unbegun || owner === dead) return owner === dead
    const admitting = this.#admitting(vector, term)
    for (const quorum of this.#options.quorums) if ((quorum & admitting) === quorum) return false
    const { committed, confirmed } = this.#options.owners.at(owner)
    return this.#reach(vector, term, 'closed') <= committed && this.#reach(vector, term, 'rounds') <= confirmed
  }

  promised (vector: Int32Array, term: number): number {
    const { acceptors, columns } = this.#options
    let members = 0
    for (let member = 0; member < acceptors; member++) if (isSet(columns.promised[vector[member]!]!, term)) members |= 1 << member
    return members
  }

  #admitting (vector: Int32Array, term: number): number {
    const { acceptors, columns } = this.#options
    let members = 0
    for (let member = 0; member < acceptors; member++) if (isSet(columns.admits[vector[member]!]!, term)) members |= 1 << member
    return members
  }

  /** Nothing that this owner says will ever be taken. */
  #isOver (vector: Int32Array, term: number): boolean {
    const admitting = this.#admitting(vector, term)
    if (vector[this.#options.acceptors + term] !== unbegun) return admitting === 0
    const promised = this.promised(vector, term)
    for (const quorum of this.#options.quorums) if ((quorum & promised) === promised && (quorum & (admitting | promised)) === quorum) return false
    return true
  }

  /** An acceptor has but promised more, to somebody whom that does not help. */
  isLess (next: Int32Array, before: Int32Array): boolean {
    let differs = -1
    for (let i = 0; i < next.length; i++) {
      if (next[i] === before[i]) continue
      if (differs !== -1 || i >= this.#options.acceptors) return false
      differs = i
    }
    return differs === -1 || this.#options.columns.isLess(next[differs]!, before[differs]!)
  }
}

function isSet (bits: number, bit: number): boolean { return (bits >> bit) % 2 !== 0 }
