import type { Acceptor } from './acceptor.js'
import type { Configuring } from './configuring.js'
import type { Relay } from './relay.js'
import type { Roles } from './roles.js'
import type { View } from './view.js'

/** How a node stands. */
export interface Standing {
  /** Before there are members it is forming; halted, it can reach no quorum, or is no member any more. */
  readonly state: 'forming' | 'ready' | 'halted'
  readonly members: string[]
  readonly epoch: number
  /** How many members can be reached, this one included; while there are none, how many nodes. */
  readonly reachable: number
  /** How many are needed for a quorum; to become a cluster, all. */
  readonly needed: number
  /** Calls that are not answered. */
  readonly queued: number
}

export function stateOf ({ configuration }: Configuring, isReady: boolean): Standing['state'] {
  if (configuration === undefined) return 'forming'
  return isReady ? 'ready' : 'halted'
}

export function standingOf (configuring: Configuring, isReady: boolean, reachable: number, queued: number): Standing {
  const { members, epoch, system, formation } = configuring
  return { state: stateOf(configuring, isReady), members, epoch, reachable, needed: system?.needed ?? formation.size, queued }
}

/** Plain counters. */
export interface QuorumStats {
  /** Elements in the local view. */
  readonly elements: number
  /** Removed elements of which a record is kept, until all members have passed it. */
  readonly tombstones: number
  /** Lanes, of 64, whose changes this node puts in order. */
  readonly lanes: number
  /** Messages of this node to members, and of members to it, those on their way to others included. */
  readonly messagesOut: number
  readonly messagesIn: number
}

export function statsOf ({ elements }: View, { tombstones }: Acceptor, roles: Roles | undefined, { sent, received }: Relay): QuorumStats {
  return { elements: elements.size, tombstones, lanes: roles?.owning.owners.size ?? 0, messagesOut: sent, messagesIn: received }
}
