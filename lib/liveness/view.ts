import { handOut } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import { birthOf } from '../gossip/epoch.js'
import type { MemberRecord, MemberStatus } from './member.js'

/** A member as it was when it was told or asked for. */
export interface Member {
  readonly id: string
  readonly status: MemberStatus
  /** The time of birth of its life, in milliseconds since 1970: a later life has a greater one. */
  readonly generation: number
  /** Where it listens, as it says itself. */
  readonly address?: string
  /** What it says of itself. */
  readonly facts: ReadonlyMap<string, Value>
}

export function viewOf (record: MemberRecord): Member {
  const { id, status = 'dead', epoch, address, facts } = record
  const view = { id, status, generation: birthOf(epoch), facts: new Map(Array.from(facts, ([key, value]) => [key, handOut(value)])) }
  return Object.freeze(address === undefined ? view : { ...view, address })
}
