import type { Stamped } from '../../lib/quorum/cells.js'
import { Holding } from '../../lib/quorum/holding.js'
import { Identity } from '../../lib/quorum/identity.js'
import { LaneCells } from '../../lib/quorum/lane-cells.js'
import { Ledger } from '../../lib/quorum/ledger.js'
import { Owner } from '../../lib/quorum/owner.js'
import { Quorum } from '../../lib/quorum/quorum.js'
import { Reading } from '../../lib/quorum/reading.js'
import type { QuorumFaults } from '../../lib/sim/quorum-faults.js'

/** The real core with one fault: what is planted, and how it is looked for. */
export interface QuorumMutant {
  readonly fault: string
  readonly seeds: number
  readonly nodes?: number
  readonly faults?: Partial<QuorumFaults>
  /** Plants it, and answers with what takes it out again. */
  readonly plant: () => () => void
}

/** Replaces a method. @returns what puts it back */
export function replace<T, K extends keyof T> (prototype: T, name: K, mutate: (method: T[K]) => T[K]): () => void {
  const method = prototype[name]
  prototype[name] = mutate(method)
  return () => { prototype[name] = method }
}

/** Too rare for seeds: the explorer finds it, and `reading.test.ts` has one history that shows it. */
export function plantTombstoneAsNothing (): () => void {
  return replace(Reading as unknown as { groupOf: (stamped: Stamped | undefined) => string }, 'groupOf', groupOf => stamped =>
    stamped?.cell.present === true ? groupOf(stamped) : '')
}

export function plantNoPromiseCheck (): () => void {
  const restoreAdmits = replace(LaneCells.prototype, 'admits', () => () => true)
  const restorePromise = replace(LaneCells.prototype, 'promise', promise => function (this: LaneCells, term) {
    return term > this.promised && promise.call(this, term)
  })
  return () => {
    restorePromise()
    restoreAdmits()
  }
}

/** Faults that seeds find soon. Those that are too rare for them are in `mutants-explored.ts`. */
export const quorumMutants: readonly QuorumMutant[] = [
  { fault: 'no promise check', seeds: 100, plant: plantNoPromiseCheck },
  {
    fault: 'acknowledge before durable',
    seeds: 200,
    nodes: 3,
    faults: { usurp: 30, power: 10, burst: 20, cut: 0, hold: 0, kill: 0, wipe: 0, setBack: 0, lie: 0, fail: 0, rot: 0, mute: 0 },
    plant: () => replace(Holding.prototype, 'hold', hold => function (this: Holding, _, reply) { hold.call(this, 0, reply) })
  },
  {
    fault: 'the first reply is the base',
    seeds: 100,
    plant: () => replace(Ledger.prototype, 'learn', learn => function (this: Ledger, entry) {
      if (!this.lines.has(entry.element)) learn.call(this, entry)
    })
  },
  {
    fault: 'a ballot is used again after an accept whose fate is unknown',
    seeds: 100,
    faults: { kill: 10 },
    plant: () => {
      const restoreIncarnation = replace(Quorum.prototype, 'nextIncarnation', () => last => Math.max(1, last))
      // Others would recognise it.
      const restoreGreeting = replace(Identity.prototype, 'greet', () => function (this: Identity, id, { store }) { return this.bind({ id, store }) })
      return () => {
        restoreGreeting()
        restoreIncarnation()
      }
    }
  },
  {
    fault: 'purge once a quorum has passed',
    seeds: 200,
    plant: () => replace(Owner.prototype, 'passed', () => function (this: Owner) { return this.committed })
  },
  {
    fault: 'no floor',
    seeds: 300,
    plant: () => replace(LaneCells.prototype, 'isBelowFloor', () => () => false)
  }
]
