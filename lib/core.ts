import type { Now } from './ground/clock.js'
import type { ErrorCode } from './ground/errors.js'

/**
 * The contract between a protocol core and the host that runs it.
 *
 * A core decides, a host does. A core is a deterministic object without I/O: no clock, no timers, no randomness, no
 * streams. It is told messages, the time, and what became durable; it answers with {@link Effects}. The simulator and
 * production run the same cores on the same host.
 */
export interface Core<Event> {
  /** A session began: `link` names it on this node, `peer` says who is at its other end. */
  open: (link: Link, peer: Peer, now: Now) => Effects<Event>
  /**
   * A message arrived. It is validated whole before anything is applied.
   * @throws TendrilError when the message is refused; then nothing was changed.
   */
  receive: (link: Link, message: Message, now: Now) => Effects<Event>
  /** Bytes of any kind came over the link's connection: its peer is there. Undefined where that changes nothing. */
  heard?: (link: Link, now: Now) => Effects<Event> | undefined
  /** Another node under this id was met, and turned away: this is the epoch that it has. */
  namesake?: (epoch: string, now: Now) => Outlived<Event>
  /** The other end refused this node, and closes. */
  refused?: (link: Link, code: ErrorCode, now: Now) => Effects<Event>
  close: (link: Link, now: Now) => Effects<Event>
  /** `deadline()` has come. */
  tick: (now: Now) => Effects<Event>
  /** Storage holds every change up to and including `sequence`. */
  persisted: (sequence: number, now: Now) => Effects<Event>
  /**
   * The next message for this link, of about `maxBytes` at most: a single value may exceed it, nothing else does.
   * Called only while the link's pipe has room, so that a stalled peer costs no memory. Draws on state, returns no
   * effects: sending never changes what a replica holds.
   */
  pull: (link: Link, maxBytes: number, now: Now) => Message | undefined
  /** When `tick` is wanted next, on the monotonic clock. */
  deadline: () => number | undefined
  /** Whether both ends hold what the other had when they met. A peer that `hasLeft` is owed no acknowledgement. */
  isSynced: (link: Link, hasLeft: boolean) => boolean
  /** Plain counters of one link. */
  traffic: (link: Link) => Traffic
  /** Takes up what storage kept, before any link opens. @throws TendrilError STORAGE_FAILED if a record is corrupt */
  restore: (records: readonly StoredRecord[], now: Now) => Effects<Event>
  /** The last effects before storage is closed in order. */
  seal: () => Effects<Event>
  /** Asserts the core's invariants; the simulator calls it after every step. */
  check: () => void
}

/** What comes of meeting another node under the same id, and whether it is the other one that is to stop. */
export interface Outlived<Event> {
  readonly isOutlived: boolean
  readonly effects: Effects<Event>
}

export interface Traffic {
  readonly entriesIn: number
  readonly entriesOut: number
  readonly duplicates: number
}

/** One record of storage. */
export interface StoredRecord {
  readonly key: string
  readonly value: readonly unknown[]
}

/** A session, as a core knows it: a number that this node never uses again. */
export type Link = number

export interface Peer {
  readonly id: string
  /** Drawn when the peer's replica of this structure was born: another epoch, another history. */
  readonly epoch: string
  /** Whether updates may flow from here to the peer, and from the peer to here. */
  readonly sends: boolean
  readonly receives: boolean
}

/** What travels in a frame behind the channel's number: a type and a body, in values that every codec carries. */
export type Message = readonly unknown[]

/** What a core wants done. The host persists `changes`, then tells `events`, then wakes `links`, in this order. */
export interface Effects<Event> {
  /** The changes to persist, and the sequence by which `persisted` will confirm them. */
  readonly changes: readonly Change[]
  readonly sequence: number
  readonly events: readonly Event[]
  /** Links that now have something to pull. */
  readonly wake: readonly Link[]
}

/** One record of storage written, or removed where `value` is undefined. */
export interface Change {
  readonly key: string
  readonly value: readonly unknown[] | undefined
}
