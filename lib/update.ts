import type { Entry } from './gossip/entry.js'
import { timeOf } from './gossip/stamp.js'
import { handOut } from './ground/values.js'
import type { Value } from './ground/values.js'

/** One change to a Model's map, as it is told to users. */
export interface Update {
  readonly key: string
  /** The value; undefined for a delete. */
  readonly value: Value | undefined
  /** The id of the node that made the change. */
  readonly source: string
  /** The epoch of that node's state: a node that lost its state numbers its changes anew under another one. */
  readonly epoch: string
  /** The change's number, by source and epoch: 1, 2, 3 ... */
  readonly version: number
  /** When it was made, in milliseconds since 1970 on the source's clock. */
  readonly time: number
  /** Whether it was made here. */
  readonly local: boolean
}

/** The value is given as users may have it. */
export function updateOf (entry: Entry, value: Value | undefined, local: boolean): Update {
  const { key, source, version, stamp } = entry
  return { key, value: value === undefined ? undefined : handOut(value), source: source.id, epoch: source.epoch, version, time: timeOf(stamp), local }
}
