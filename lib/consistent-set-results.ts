import type { TendrilError } from './ground/errors.js'
import type { QuorumStats, Standing } from './quorum/standing.js'

/** What `add` came to. */
export interface Added {
  readonly element: string
  /** Who holds it: the token given, or the one that was drawn. */
  readonly token: string
  /** A fencing token: a later add of the same element has a greater one, as `<` compares strings. */
  readonly fence: string
}

/** What `rem` came to. */
export interface Removed {
  readonly element: string
  /** Whether the element was there. */
  readonly changed: boolean
}

/** Who holds an element. */
export interface Holder {
  readonly token: string
  readonly fence: string
}

export interface ConsistentSetEvents {
  /** The element came into the local view. */
  add: [element: string]
  /** The element went from the local view. */
  rem: [element: string]
  /** A quorum can be reached: calls go through. */
  ready: []
  /** No quorum can be reached: calls wait. */
  halt: []
  /** The members are these from now on. */
  members: [ids: string[]]
  error: [error: TendrilError]
}

/** `forming`: the members are not known yet; `ready`: enough of them can be reached; `halted`: calls wait. */
export type ConsistentSetStatus = Standing

export interface ConsistentSetStats extends QuorumStats {
  readonly streams: number
  /** Changes on their way to storage. */
  readonly changesWaiting: number
}
