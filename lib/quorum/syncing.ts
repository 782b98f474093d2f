import { laneCount } from './lanes.js'
import type { Owning } from './owning.js'
import type { Routes } from './routes.js'

/** So long the first in a lane's order has it for itself, in milliseconds: nobody but the end of the change waits for it. */
const leastMs = 500

/**
 * Which lanes are **synced** in a joint configuration: owned in a term of it, and all that its owner learned when it prepared proposed again and committed. That
 * is a fact for ever, so members tell each other all that they know of it, and whoever knows it of every lane may end the joint configuration.
 */
export class Syncing {
  readonly lanes = new Set<number>()
  /** When to take a lane's owner's place. */
  readonly #claims = new Map<number, number>()
  /** What the others were told last, and when. */
  toldCount = 0
  toldAt = -Infinity

  get isWhole (): boolean { return this.lanes.size === laneCount }

  /** Takes lanes that nobody has synced: those that this node should own at once, others after a while. */
  tick (id: string, owning: Owning, routes: Routes, random: () => number, nowMs: number): void {
    for (let lane = 0; lane < laneCount; lane++) {
      if (this.lanes.has(lane)) continue
      if (owning.isSynced(lane)) this.lanes.add(lane)
      else if (!owning.owners.has(lane)) this.#claim(lane, id, owning, routes, random, nowMs)
    }
  }

  #claim (lane: number, id: string, owning: Owning, routes: Routes, random: () => number, nowMs: number): void {
    const at = this.#claims.get(lane)
    const isFirst = at === undefined && routes.ownerOf(lane) === id
    if (isFirst || (at !== undefined && nowMs >= at)) owning.claim(lane)
    if (at === undefined || nowMs >= at) this.#claims.set(lane, nowMs + leastMs + routes.claimAfterMs(lane, id, random()))
  }

  hear (lanes: readonly number[]): void {
    for (const lane of lanes) this.lanes.add(lane)
  }
}
