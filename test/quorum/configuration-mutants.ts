import { Formation } from '../../lib/quorum/formation.js'
import { Succession } from '../../lib/quorum/succession.js'
import type { QuorumSimulationOptions } from '../../lib/sim/quorum-simulate.js'
import { replace } from './mutants.js'

/** The real core with one fault in who counts: what is planted, and how it is looked for. */
export interface ConfigurationMutant {
  readonly fault: string
  readonly seeds: number
  readonly options: Omit<QuorumSimulationOptions, 'seed'>
  /** Plants it, and answers with what takes it out again. */
  readonly plant: () => () => void
}

export const configurationMutants: readonly ConfigurationMutant[] = [
  {
    fault: 'members change one at a time, without a joint configuration',
    seeds: 30,
    options: { nodes: 3, changes: true, faults: { grow: 20 } },
    plant: () => replace(Succession.prototype, 'propose', propose => function (this: Succession, ballot, value) {
      propose.call(this, ballot, value.next === undefined ? value : { ...value, members: value.next, next: undefined })
    })
  },
  {
    fault: 'sealed without all votes',
    seeds: 100,
    options: { nodes: 3, changes: true, forms: true },
    plant: () => replace(Formation.prototype, 'hasAllVotes', () => ({ members }, voters) => members.filter(({ id }) => voters.has(id)).length * 2 > members.length)
  }
]
