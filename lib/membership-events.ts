import type { TendrilError } from './ground/errors.js'
import type { Value } from './ground/values.js'
import type { MemberStatus } from './liveness/member.js'
import type { Member } from './liveness/view.js'

/** Of oneself only `update`, `delete`, `expire`, `conflict` and `error` tell. */
export interface MembershipEvents {
  /** A new member, or one that had been forgotten, with all that it says: no `update` tells of that. */
  join: [member: Member]
  /** A member that was suspect, dead or had left is here again. */
  alive: [member: Member]
  /** Nobody who is alive hears this member any more. */
  suspect: [member: Member]
  /** Nor did anybody for `suspectMs`; or it was declared failed. */
  dead: [member: Member]
  /** A member said goodbye. */
  leave: [member: Member]
  /** A member was put out for good. */
  evict: [member: Member]
  /** A member began another life: what it had said before counts no more, what it says now is in `member.facts`. */
  restart: [member: Member]
  /** A member who died or left was forgotten. */
  reap: [member: Member]
  update: [member: Member, key: string, value: Value]
  delete: [member: Member, key: string]
  /** The value is the one that expired. */
  expire: [member: Member, key: string, value: Value]
  /** Two live holders of one id: the greater generation goes on, the other one is told DUPLICATE_ID. */
  conflict: [id: string]
  /** Storage failed; or, with DUPLICATE_ID or EVICTED, this member has to stop: that is told only to those who listen. */
  error: [error: TendrilError]
}

/** Why a member is taken for what it is. */
export interface Explanation {
  readonly status: MemberStatus
  /** Members that are reached and hear it, this node among them where it does. */
  readonly heardBy: readonly string[]
  /** How much speaks for a crash, on this node's own session with it; undefined where there is none. */
  readonly phi: number | undefined
  /** When it took this status here. */
  readonly since: Date
  readonly timeline: ReadonlyArray<{ readonly at: Date, readonly status: MemberStatus, readonly why: string }>
}

export interface MembershipStats {
  /** Members known, of every status, oneself included. */
  readonly members: number
  readonly alive: number
  /** Entries held: facts, claims, records of deletes. */
  readonly entries: number
  readonly sources: number
  readonly streams: number
  /** Changes on their way to storage. */
  readonly changesWaiting: number
}
