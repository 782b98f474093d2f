import { Reading } from '../quorum/reading.js'
import { majority } from '../quorum/systems.js'
import type { QuorumSystem } from '../quorum/systems.js'
import type { Columns } from './quorum-explorer-acceptors.js'
import type { Told } from './quorum-explorer-owners.js'

/** What production readings make of what acceptors show, each case worked out once. */
export class Reads {
  readonly #system: QuorumSystem
  readonly #columns: Columns
  readonly #known = new Map<string, Told['answer'] | 'undecided' | 'discordant'>()

  constructor (system: QuorumSystem, columns: Columns) {
    this.#system = system
    this.#columns = columns
  }

  /**
   * `discordant`: two acceptors do not agree. As either could have been lost, and as repairs are tried in any case, that is not followed.
   */
  of (shown: readonly number[]): Told['answer'] | 'undecided' | 'discordant' {
    const key = shown.join()
    const known = this.#known.get(key) ?? this.#of(shown)
    this.#known.set(key, known)
    return known
  }

  #of (shown: readonly number[]): Told['answer'] | 'undecided' | 'discordant' {
    const agreed = this.#agreed(this.#system, shown)
    if (agreed !== undefined) {
      const { token = '', fence = '' } = agreed.stamped?.cell ?? {}
      return { code: 'seen', token, fence }
    }
    const values = [...new Set(shown.filter(value => value !== 0))]
    const two = majority(this.#system.members.slice(0, 2), false)
    const isConcordant = values.every((value, i) => values.slice(i + 1).every(other => this.#agreed(two, [value, other]) !== undefined))
    return isConcordant ? 'undecided' : 'discordant'
  }

  #agreed (system: QuorumSystem, shown: readonly number[]): ReturnType<Reading['agreed']> {
    const reading = new Reading(system)
    shown.forEach((value, i) => { if (value !== 0) reading.hear(system.members[i]!, this.#columns.values.at(value)) })
    return reading.agreed()
  }
}
