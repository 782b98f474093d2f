import { Configuring } from '../../lib/quorum/configuring.js'
import { Formation } from '../../lib/quorum/formation.js'
import { Identity } from '../../lib/quorum/identity.js'
import { Succession } from '../../lib/quorum/succession.js'
import type { QuorumFaults } from '../../lib/sim/quorum-faults.js'
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

/** What would only get in the way of the one thing that is looked for. */
const calm: Partial<QuorumFaults> = {
  cut: 0, hold: 0, mute: 0, delay: 0, drip: 0, pause: 0, kill: 0, power: 0, blackout: 0, die: 0, fail: 0, rot: 0, wipe: 0, setBack: 0, lie: 0
}

/** Whoever speaks under a member's id is taken at its word, whatever its storage has lost. */
function plantAmnesiacVoter (): () => void {
  const restores = [
    replace(Identity.prototype, 'admits', () => () => true),
    replace(Identity.prototype, 'isListed', () => () => true),
    replace(Identity.prototype, 'greet', () => function (this: Identity, id, { store }) { return this.bind({ id, store }) })
  ]
  return () => { for (const restore of restores) restore() }
}

/** Messages of one epoch count in another, as long as they are of the same cluster. */
function plantOldEpoch (): () => void {
  return replace(Configuring.prototype, 'admits', admits => function (this: Configuring, received, run) {
    return (this.configuration !== undefined && received.origin === this.configuration.origin) || admits.call(this, received, run)
  })
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
  },
  { fault: 'an amnesiac voter', seeds: 100, options: { nodes: 3, shape: 'mesh', faults: { ...calm, usurp: 30, burst: 20 } }, plant: plantAmnesiacVoter },
  {
    fault: 'accept from an old epoch',
    seeds: 150,
    options: { nodes: 3, changes: true, forms: false, actions: 40, faults: { strand: 20, replace: 20, grow: 0, shrink: 0, wipe: 0, setBack: 0, lie: 0, usurp: 0 } },
    plant: plantOldEpoch
  }
]
