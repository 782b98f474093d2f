import type { Stamped } from './cells.js'
import type { QuorumSystem } from './systems.js'
import type { Stamp } from './terms.js'

/**
 * A read of one element that asks the acceptors alone: it holds if a quorum agrees. What most of them hold was chosen, and so
 * is shown by each later read as well; the greatest that one of them holds may never have been.
 *
 * Gifford, *Weighted Voting*; Skrzypczak et al. call it a read in one round trip on a consistent quorum.
 */
export class Reading {
  readonly system: QuorumSystem
  /** What each member was last seen to hold. */
  readonly values = new Map<string, Stamped | undefined>()
  hasRepaired = false

  constructor (system: QuorumSystem) {
    this.system = system
  }

  hear (from: string, stamped: Stamped | undefined): void {
    const known = this.values.get(from)
    // A reply that was overtaken says less than what came before it.
    if (known === undefined || (stamped !== undefined && stamped.stamp > known.stamp)) this.values.set(from, stamped)
  }

  /** What a quorum holds under one stamp, or that a quorum holds nothing; undefined: they do not agree so far. */
  agreed (): { readonly stamped: Stamped | undefined } | undefined {
    if (this.values.size < this.system.needed) return undefined
    const groups = new Map<Stamp, { readonly ids: Set<string>, readonly stamped: Stamped | undefined }>()
    for (const [id, stamped] of this.values) {
      const group = groups.get(Reading.groupOf(stamped)) ?? { ids: new Set<string>(), stamped }
      groups.set(Reading.groupOf(stamped), group)
      if (this.system.isQuorum(group.ids.add(id))) return group
    }
    return undefined
  }

  /** Those who hold nothing agree with each other, but with nobody who holds a tombstone: that may not have been chosen. */
  static groupOf (stamped: Stamped | undefined): Stamp { return stamped?.stamp ?? '' }

  /** A quorum has answered, and does not agree: what to send to whom, so that it may. Once. */
  repair (): { readonly stamped: Stamped, readonly to: readonly string[] } | undefined {
    if (this.hasRepaired || !this.hasQuorum || this.agreed() !== undefined) return undefined
    this.hasRepaired = true
    const stamped = this.greatest()
    if (stamped === undefined) return undefined
    return { stamped, to: this.system.members.filter(id => (this.values.get(id)?.stamp ?? '') < stamped.stamp) }
  }

  get hasQuorum (): boolean { return this.system.isQuorum(new Set(this.values.keys())) }

  greatest (): Stamped | undefined {
    return [...this.values.values()].reduce((greatest, stamped) => (stamped?.stamp ?? '') > (greatest?.stamp ?? '') ? stamped : greatest, undefined)
  }
}
