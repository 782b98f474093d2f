import type { Value } from '../ground/values.js'
import type { Claim } from './slots.js'

/** What a member is taken for: derived by each node for itself, never told to others. */
export type MemberStatus = 'alive' | 'suspect' | 'dead' | 'left' | 'evicted'

export interface Transition {
  /** Milliseconds since 1970, on this node's clock. */
  readonly at: number
  readonly status: MemberStatus
  readonly why: string
}

/** So many of the latest transitions are kept. */
const timelineLength = 32

/** All that is known of a member: what it says of itself, and what this node takes it for. */
export class MemberRecord {
  readonly id: string
  /** The epoch of the life that counts. */
  epoch: string
  /** Undefined until it is announced. */
  status: MemberStatus | undefined
  /** When it took this status, in milliseconds since 1970 on this node's clock. */
  since: number
  readonly timeline: Transition[] = []

  /** Whether it has introduced itself: all that it said at its start is here. */
  isIntroduced = false
  address: string | undefined
  facts = new Map<string, Value>()
  /** Whom it says that it hears. */
  readonly claims = new Map<string, Claim>()
  /** Whom it says to be put out for good. */
  readonly evicts = new Set<string>()
  hasLeft = false
  /** Who declared this life failed. */
  failedBy: string | undefined
  /** It began another life, which has not been told: it was not reached since. */
  hasRestarted = false

  /** When it was first not reached, on the monotonic clock. */
  lostAt: number | undefined
  /** When it was last seen to be here or gone: from then on it is kept for the retention. */
  touchedAt: number
  /** When it was last asked for another life. */
  summonedAt = -Infinity

  constructor (id: string, epoch: string, at: number, wallMs: number) {
    this.id = id
    this.since = wallMs
    this.epoch = epoch
    this.touchedAt = at
  }

  /** Begins another life: nothing that the old one said counts any more. */
  restart (epoch: string, at: number): void {
    this.epoch = epoch
    this.touchedAt = at
    this.isIntroduced = false
    this.address = undefined
    this.facts = new Map()
    this.claims.clear()
    this.evicts.clear()
    this.lostAt = undefined
    this.hasLeft = false
    this.failedBy = undefined
    this.hasRestarted = this.status !== undefined
  }

  /** @returns whether that is another status than before */
  become (status: MemberStatus, why: string, wallMs: number): boolean {
    if (this.status === status) return false
    this.status = status
    this.since = wallMs
    this.timeline.push({ at: wallMs, status, why })
    if (this.timeline.length > timelineLength) this.timeline.shift()
    return true
  }
}

export interface Judgement {
  readonly status: MemberStatus
  readonly why: string
}

export interface JudgeOptions {
  readonly suspectMs: number
  /** Until when nobody is given up: this process was asleep, and does not know yet what it missed. */
  readonly doubtUntil: number
}

/** For so long a member may be reached by nobody without anything being said of it: chains change hands. */
export const settleMs = 100

/** What a member is to be taken for. Undefined: as before. */
export function judge (member: MemberRecord, isReached: boolean, at: number, { suspectMs, doubtUntil }: JudgeOptions): Judgement | undefined {
  if (member.status === 'evicted') return undefined
  if (member.hasLeft) return { status: 'left', why: 'it left' }
  if (member.failedBy !== undefined) return { status: 'dead', why: `${member.failedBy} declared it failed` }
  if (isReached) {
    member.lostAt = undefined
    return { status: 'alive', why: 'it is heard' }
  }
  member.lostAt ??= at
  if (member.status !== 'alive' && member.status !== 'suspect') return undefined
  if (at < doubtUntil || at < member.lostAt + settleMs) return undefined
  // Nobody dies unsuspected, also where this process slept through the time between.
  if (member.status === 'alive' || at < member.lostAt + settleMs + suspectMs) return { status: 'suspect', why: 'nobody who is reached hears it' }
  return { status: 'dead', why: `nobody who is reached heard it for ${suspectMs} ms` }
}

/** When to judge again, if nothing happens before. */
export function judgeAt (member: MemberRecord, { suspectMs, doubtUntil }: JudgeOptions): number | undefined {
  if (member.lostAt === undefined || member.hasLeft || member.failedBy !== undefined) return undefined
  if (member.status === 'alive') return Math.max(doubtUntil, member.lostAt + settleMs)
  if (member.status === 'suspect') return Math.max(doubtUntil, member.lostAt + settleMs + suspectMs)
  return undefined
}
