import type { Answer } from '../quorum/cells.js'
import { Reading } from '../quorum/reading.js'
import { majority } from '../quorum/systems.js'
import type { QuorumSystem } from '../quorum/systems.js'
import type { Columns } from './quorum-explorer-acceptors.js'
import type { Histories, History } from './quorum-explorer-history.js'
import { NumberMap } from './quorum-explorer-map.js'
import { expect } from './violation.js'

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

/** How many values are told apart: of four members they fit a number. */
const mostValues = 2 ** 13

/** The reads of an exploration: production readings, and what acceptors show them. Columns come first in a state, its history last. */
export class Reads {
  readonly operations: readonly number[]
  readonly #options: ReadsOptions
  readonly #members: readonly number[]
  /** All reads, by bits. */
  readonly #all: number
  readonly #outcomeOf = new NumberMap()
  readonly #outcomes: Outcome[] = []

  constructor (options: ReadsOptions) {
    this.operations = options.operations
    this.#options = options
    this.#all = options.operations.reduce((bits, number) => bits | 1 << number, 0)
    this.#members = [...options.system.members.keys()]
  }

  mayBegin (vector: Int32Array, read: number): boolean {
    return this.#historyOf(vector).asked[this.operations[read]!] === -1
  }

  areOver (vector: Int32Array): boolean {
    const { ended } = this.#historyOf(vector)
    return (ended & this.#all) === this.#all
  }

  hasEnded (vector: Int32Array, read: number): boolean {
    return (this.#historyOf(vector).ended >> this.operations[read]!) % 2 !== 0
  }

  #isUnderWay (vector: Int32Array, read: number): boolean {
    const { asked, ended } = this.#historyOf(vector)
    const number = this.operations[read]!
    return asked[number] !== -1 && (ended >> number) % 2 === 0
  }

  #historyOf (vector: Int32Array): History { return this.#options.histories.at(vector[vector.length - 1]!) }

  /** A read begins with what one acceptor shows, and hears whoever agrees. */
  begin (vector: Int32Array, member: number, read: number): void {
    const { columns, histories } = this.#options
    vector[member] = columns.show(vector[member]!, read)
    vector[vector.length - 1] = histories.ask(vector[vector.length - 1]!, this.operations[read]!, 0)
    this.hear(vector)
  }

  /** Whether a read that has begun since might as well have begun later, as what it saw at this acceptor is there still. */
  isTooEarly (begun: Int32Array, vector: Int32Array, member: number, column: number): boolean {
    if (begun.at(-1) === vector.at(-1)) return false
    const { columns } = this.#options
    return this.operations.some((_, read) => this.mayBegin(begun, read) && !this.mayBegin(vector, read) &&
      columns.valueFor(vector[member]!, read) === columns.valueFor(column, read))
  }

  /** Reads that have begun hear everybody who agrees with what they heard, as soon as they do. Those that have ended hear nothing more. */
  hear (vector: Int32Array): void {
    const { columns, histories } = this.#options
    for (let read = 0; read < this.operations.length; read++) {
      if (!this.#isUnderWay(vector, read)) continue
      const outcome = this.#hearAll(vector, read)
      if (typeof outcome === 'string') continue
      vector[vector.length - 1] = histories.end(vector[vector.length - 1]!, this.operations[read]!, outcome)
      for (const member of this.#members) vector[member] = columns.forgetShown(vector[member]!, read)
    }
  }

  #hearAll (vector: Int32Array, read: number): Outcome {
    const { columns } = this.#options
    let outcome = this.#outcome(vector, read)
    for (const member of this.#members) {
      const before = vector[member]!
      if (outcome !== 'undecided') break
      if (this.#shown(before, read) !== 0) continue
      vector[member] = columns.show(before, read)
      outcome = this.#outcome(vector, read)
      if (outcome !== 'discordant') continue
      vector[member] = before
      outcome = 'undecided'
    }
    return outcome
  }

  #shown (column: number, read: number): number { return this.#options.columns.columns.at(column).shown[read]! }

  /** A read has begun that can't end any more: without it the same can happen. What was purged may be seen to be gone again. */
  isHopeless (vector: Int32Array): boolean {
    for (let read = 0; read < this.operations.length; read++) {
      if (this.#isUnderWay(vector, read) && this.#canNotEnd(vector, read)) return true
    }
    return false
  }

  #canNotEnd (vector: Int32Array, read: number): boolean {
    const { columns, purges, quorums } = this.#options
    const value = this.#members.map(member => this.#shown(vector[member]!, read)).find(value => value !== 0)!
    if (purges && columns.values.at(value) === undefined) return false
    return !quorums.some(quorum => quorum.every(member => columns.mayShow(vector[member]!, read, value)))
  }

  /** What a reading makes of what the members have shown. `discordant`: two of them do not agree. */
  #outcome (vector: Int32Array, read: number): Outcome {
    let key = 0
    for (const member of this.#members) key = key * mostValues + this.#shown(vector[member]!, read)
    const known = this.#outcomeOf.get(key)
    if (known !== -1) return this.#outcomes[known]!
    expect(this.#options.columns.values.items.length < mostValues, () => 'there are more values than are counted')
    const outcome = this.#workOut(this.#members.map(member => this.#shown(vector[member]!, read)))
    this.#outcomeOf.add(key, this.#outcomes.push(outcome) - 1)
    return outcome
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
