import type { Now } from '../ground/clock.js'
import { birthOf, drawEpoch, isEpoch } from './epoch.js'

/** By how much the clock must have stepped back, in milliseconds, for lives to be looked at again. */
const stepMs = 1_000

/**
 * When lives begin, by a wall clock that may be wrong, and may jump. Within a process births follow the **steady** clock: the
 * wall clock as it was at the start, moved on by the monotonic one. What others say of theirs is believed as far as either
 * clock allows: one that was set right since the start, or one that jumped since, shuts out nobody.
 */
export class Births {
  readonly #random: () => number
  readonly #acceptedSkewMs: number
  /** Where the steady clock goes on from. */
  #start: Now
  /** The latest time of either clock since lives were last looked at. */
  #latestMs: number

  constructor (random: () => number, acceptedSkewMs: number, start: Now) {
    this.#random = random
    this.#acceptedSkewMs = acceptedSkewMs
    this.#start = start
    this.#latestMs = start.wall
  }

  #steadyMs (now: Now): number { return this.#start.wall + now.monotonic - this.#start.monotonic }

  #latest (now: Now): number { return Math.max(now.wall, this.#steadyMs(now)) }

  /** Whether a life of this epoch may have begun by now. */
  isPossible (epoch: string, now: Now): boolean { return isEpoch(epoch) && birthOf(epoch) <= this.#latest(now) + this.#acceptedSkewMs }

  /** The epoch of a life that begins now, later than another one if that is a possible one. */
  draw (now: Now, after: string): string {
    return drawEpoch(this.#random, this.#steadyMs(now), this.isPossible(after, now) ? after : undefined)
  }

  /** Whether the clock has stepped back since the last call: what was possible may be so no more. */
  hasFallen (now: Now): boolean {
    const latestMs = this.#latest(now)
    const fell = latestMs < this.#latestMs - stepMs
    this.#latestMs = fell ? latestMs : Math.max(latestMs, this.#latestMs)
    return fell
  }

  /** Others say that this life began in the future: if the wall clock says so as well, it was wrong at the start, and is right now. */
  doubt (epoch: string, now: Now): void {
    if (birthOf(epoch) > now.wall + this.#acceptedSkewMs) this.#start = now
  }
}
