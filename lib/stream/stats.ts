import type { Traffic } from '../core.js'

/** Plain counters of one connection. `entriesIn` counts `duplicates` too: what came and was known already. */
export interface StreamStats extends Traffic {
  readonly bytesIn: number
  /** Counts the hello too. */
  readonly bytesOut: number
  readonly framesIn: number
  readonly framesOut: number
}
