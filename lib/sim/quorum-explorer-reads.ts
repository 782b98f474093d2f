import type { Answer } from '../quorum/cells.js'
import { Reading } from '../quorum/reading.js'
import { majority } from '../quorum/systems.js'
import type { QuorumSystem } from '../quorum/systems.js'
import type { Columns } from './quorum-explorer-acceptors.js'
import type { Histories } from './quorum-explorer-history.js'

export interface ReadsOptions {
  readonly system: QuorumSystem
  readonly quorums: ReadonlyArray<readonly number[]>
  readonly columns: Columns
  readonly histories: Histories
  /** Numbers of the operations that ask the acceptors. */
  readonly operations: readonly number[]
  readonly purges: boolean
}

type Outcome = Answer | 'undecided' | 'discordant'

/** The reads of an exploration: production readings, and what acceptors show them. Columns come first in a state, its history last. */
export class Reads {
  readonly operations: readonly number[]
  readonly #options: ReadsOptions
  readonly #members: readonly number[]
  readonly #outcomes = new Map<string, Outcome>()

  constructor (options: ReadsOptions) {
    this.operations = options.operations
    this.#options = options
    this.#members = [...options.system.members.keys()]
  }

  /** A read begins with what one acceptor shows. */
  begin (vector: Int32Array, member: number, read: number): Int32Array {
    const { columns, histories } = this.#options
    const next = vector.with(member, columns.show(vector[member]!, read))
    next[next.length - 1] = histories.ask(vector.at(-1)!, this.operations[read]!, 0)
    return next
  }

  /** Reads that have begun hear everybody who agrees with what they heard, as soon as they do. Those that have ended hear nothing more. */
  hear (vector: Int32Array): void {
    const { columns, histories } = this.#options
    for (let read = 0; read < this.operations.length; read++) {
      const number = this.operations[read]!
      const { asked, ended } = histories.at(vector.at(-1)!)
      if (asked[number] === -1 || (ended >> number) % 2 !== 0) continue
      const outcome = this.#hearAll(vector, read)
      if (typeof outcome === 'string') continue
      vector[vector.length - 1] = histories.end(vector.at(-1)!, number, outcome)
      for (const member of this.#members) vector[member] = columns.forgetShown(vector[member]!, read)
    }
  }

  #hearAll (vector: Int32Array, read: number): Outcome {
    const { columns } = this.#options
    let outcome = this.#outcome(this.#shown(vector, read))
    for (const member of this.#members) {
      const before = vector[member]!
      if (outcome !== 'undecided') break
      if (columns.columns.at(before).shown[read] !== 0) continue
      vector[member] = columns.show(before, read)
      outcome = this.#outcome(this.#shown(vector, read))
      if (outcome !== 'discordant') continue
      vector[member] = before
      outcome = 'undecided'
    }
    return outcome
  }

  #shown (vector: Int32Array, read: number): number[] {
    return this.#members.map(member => this.#options.columns.columns.at(vector[member]!).shown[read]!)
  }

  /** A read has begun that can't end any more: without it the same can happen. What was purged may be seen to be gone again. */
  isHopeless (vector: Int32Array): boolean {
    const { columns, histories, purges, quorums } = this.#options
    const { asked, ended } = histories.at(vector.at(-1)!)
    return this.operations.some((number, read) => {
      if (asked[number] === -1 || (ended >> number) % 2 !== 0) return false
      const value = this.#shown(vector, read).find(value => value !== 0)!
      if (purges && columns.values.at(value) === undefined) return false
      return !quorums.some(quorum => quorum.every(member => columns.mayShow(vector[member]!, read, value)))
    })
  }

  /** What a reading makes of what the members have shown. `discordant`: two of them do not agree. */
  #outcome (shown: readonly number[]): Outcome {
    const key = shown.join()
    const known = this.#outcomes.get(key) ?? this.#workOut(shown)
    this.#outcomes.set(key, known)
    return known
  }

  #workOut (shown: readonly number[]): Outcome {
    const { system } = this.#options
    const agreed = this.#agreed(system, shown)
    if (agreed !== undefined) {
      const { token = '', fence = '' } = agreed.stamped?.cell ?? {}
      return { code: 'seen', token, fence }
    }
    const values = [...new Set(shown.filter(value => value !== 0))]
    const two = majority(['a', 'b'], false)
    const isConcordant = values.every((value, i) => values.slice(i + 1).every(other => this.#agreed(two, [value, other]) !== undefined))
    return isConcordant ? 'undecided' : 'discordant'
  }

  #agreed (system: QuorumSystem, shown: readonly number[]): ReturnType<Reading['agreed']> {
    const reading = new Reading(system)
    shown.forEach((value, i) => { if (value !== 0) reading.hear(system.members[i]!, this.#options.columns.values.at(value)) })
    return reading.agreed()
  }
}
