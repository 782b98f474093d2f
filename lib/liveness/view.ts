import { handOut } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import { birthOf } from '../gossip/epoch.js'
import { escapeValue } from '../wire/ndjson-escape.js'
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
  /** For `JSON.stringify`. Bytes and bigints are as in a stream of lines: `{"$bytes":"AQID"}`, `{"$bigint":"5"}`. */
  toJSON: () => MemberJson
}

/** A member as JSON has it. */
export interface MemberJson {
  id: string
  status: MemberStatus
  generation: number
  address?: string
  facts: Record<string, unknown>
}

export function viewOf (record: MemberRecord): Member {
  const { id, status = 'dead', epoch, address, facts } = record
  const view: Omit<Member, 'toJSON'> = {
    id,
    status,
    generation: birthOf(epoch),
    ...(address === undefined ? {} : { address }),
    facts: new Map(Array.from(facts, ([key, value]) => [key, handOut(value)]))
  }
  // No field of its own: a member is compared, listed and copied as what it says.
  return Object.freeze(Object.defineProperty(view, 'toJSON', { value: memberJson }) as Member)
}

function memberJson (this: Omit<Member, 'toJSON'>): MemberJson {
  return { ...this, facts: Object.fromEntries(Array.from(this.facts, ([key, value]) => [key, escapeValue(value)])) }
}
