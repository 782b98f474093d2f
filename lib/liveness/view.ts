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

/** A member of whom an event tells: what it was then, but for its facts, which are many, and mostly nobody asks. */
export interface Mention extends Omit<Member, 'facts' | 'toJSON'> {
  readonly record: MemberRecord
}

export function mention (record: MemberRecord): Mention {
  const { id, status = 'dead', epoch, address } = record
  return { id, status, generation: birthOf(epoch), ...(address === undefined ? {} : { address }), record }
}

export function viewOf (record: MemberRecord): Member { return new Views().of(mention(record)) }

/** Members of whom several events tell at once: the facts of each are copied once for all of these. */
export class Views {
  readonly #facts = new Map<MemberRecord, ReadonlyMap<string, Value>>()

  of ({ record, ...member }: Mention): Member {
    let facts = this.#facts.get(record)
    if (facts === undefined) {
      facts = copyOf(record.facts)
      this.#facts.set(record, facts)
    }
    // No field of its own: a member is compared, listed and copied as what it says.
    return Object.freeze(Object.defineProperty({ ...member, facts }, 'toJSON', { value: memberJson }) as Member)
  }
}

function copyOf (facts: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  const copy = new Map<string, Value>()
  for (const [key, value] of facts) copy.set(key, handOut(value))
  return copy
}

function memberJson (this: Omit<Member, 'toJSON'>): MemberJson {
  return { ...this, facts: Object.fromEntries(Array.from(this.facts, ([key, value]) => [key, escapeValue(value)])) }
}
