import { assert } from '../ground/assert.js'
import type { Now } from '../ground/clock.js'
import type { Core, Effects, Link, Message, Outlived, Peer, StoredRecord, Traffic } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import type { Value } from '../ground/values.js'
import { answerMs } from './ears.js'
import type { EarsOptions } from './ears.js'
import type { MemberEvent } from './events.js'
import { Facts } from './facts.js'
import type { FactsOptions } from './facts.js'
import { Hearing } from './hearing.js'
import type { MemberRecord } from './member.js'
import { skewed } from './inspect.js'
import { readLiveness } from './messages.js'
import type { Roster } from './roster.js'
import { slotKey } from './slots.js'
import { Standing } from './standing.js'
import type { StandingOptions } from './standing.js'

export type MembersOptions = FactsOptions & EarsOptions & StandingOptions

/**
 * The membership core: who is here, derived from who hears whom. `facts.ts` has what members say, `hearing.ts` whom this
 * one hears, `standing.ts` what each is taken for; `docs/membership.md` the rule and the invariants.
 *
 * Hayashibara et al., *The phi accrual failure detector*; Das, Gupta and Motivala, *SWIM*.
 */
export class Members implements Core<MemberEvent> {
  readonly #options: MembersOptions
  readonly #facts: Facts
  readonly #hearing: Hearing
  readonly #standing: Standing
  /** When `tick` was wanted, as it was last told. */
  #dueAt = Infinity

  constructor (options: MembersOptions, now: Now) {
    this.#options = options
    this.#facts = new Facts(options, now, verdict => { this.#standing.judgedBy(verdict) })
    this.#hearing = new Hearing(options, this.#facts)
    this.#standing = new Standing(options, this.#facts, this.#hearing)
  }

  get id (): string { return this.#facts.id }
  get epoch (): string { return this.#facts.epoch }
  get self (): MemberRecord { return this.#facts.self }
  get roster (): Roster { return this.#facts.roster }
  get sources (): number { return this.#facts.gossip.replica.sources.size }
  get entries (): number { return this.#facts.gossip.replica.entries.length }
  /** Where the log of what was written here stands. */
  get sequence (): number { return this.#facts.gossip.replica.sequence.last }

  /** Whether anybody is heard to whom something may be told. */
  get isInCompany (): boolean { return this.#hearing.ears.isInCompany }

  replicas (sequence: number): number { return this.#facts.gossip.replicas(sequence) }

  /** How much speaks for a crash of a peer, at a time of the monotonic clock; undefined for one with whom there is no session. */
  phi (id: string, at: number): number | undefined {
    const values = Array.from(this.#hearing.ears.of(id), ({ detector }) => detector.phi(at))
    return values.length === 0 ? undefined : Math.min(...values)
  }

  // What the user does

  /** @throws TendrilError VERSION_CONFLICT @returns the version of the fact */
  set (key: string, value: Value, ttlMs: number | undefined, ifVersion: number | undefined, now: Now): { version: number, effects: Effects<MemberEvent> } {
    this.#enter(now)
    const slot = this.#checkVersion(key, ifVersion)
    const { entry, effects } = this.#facts.gossip.set(slot, value, ttlMs, now)
    this.#facts.take(effects)
    return { version: entry.version, effects: this.#settle() }
  }

  /** @throws TendrilError VERSION_CONFLICT */
  delete (key: string, ifVersion: number | undefined, now: Now): { existed: boolean, effects: Effects<MemberEvent> } {
    this.#enter(now)
    const existed = this.self.facts.has(key)
    this.#facts.take(this.#facts.gossip.delete(this.#checkVersion(key, ifVersion), now)?.effects)
    return { existed, effects: this.#settle() }
  }

  /** The version of an own fact; 0: there is none. */
  version (key: string): number { return this.#facts.gossip.replica.get(slotKey(this.id, 'f', key))?.version ?? 0 }

  #checkVersion (key: string, ifVersion: number | undefined): string {
    const slot = slotKey(this.id, 'f', key)
    if (ifVersion === undefined) return slot
    if (this.#facts.isLoading) throw new TendrilError('VERSION_CONFLICT', 'storage is still being read: wait for ready()')
    const version = this.version(key)
    if (version !== ifVersion) throw new TendrilError('VERSION_CONFLICT', `'${key}' is at version ${version}, not ${ifVersion}`)
    return slot
  }

  leave (now: Now): Effects<MemberEvent> {
    this.#enter(now)
    this.#facts.write('l', '', true)
    return this.#settle()
  }

  /** Declares the life of a member failed, or puts the member out for good. @throws TendrilError NOT_MEMBER */
  condemn (id: string, forGood: boolean, now: Now): Effects<MemberEvent> {
    this.#enter(now)
    const record = this.roster.get(id)
    if (record?.status === undefined) throw new TendrilError('NOT_MEMBER', `no member '${id}' is known`)
    // What was said for good stays said.
    if (forGood || !this.#standing.isEvicted(id)) this.#facts.write('x', id, [record.epoch, forGood])
    return this.#settle()
  }

  // The contract

  open (link: Link, peer: Peer, now: Now): Effects<MemberEvent> {
    this.#admit(peer.id)
    this.#facts.inspector.life(peer.epoch, now)
    this.#enter(now)
    this.#facts.take(this.#facts.gossip.open(link, peer, now))
    this.#hearing.open(link, peer)
    return this.#settle()
  }

  /** @throws TendrilError EVICTED */
  #admit (id: string): void {
    if (this.#standing.isEvicted(id)) throw new TendrilError('EVICTED', `'${id}' was put out of the cluster`)
  }

  receive (link: Link, message: Message, now: Now): Effects<MemberEvent> {
    const ear = this.#hearing.ears.get(link)
    assert(ear !== undefined, 'messages come over open links')
    this.#admit(ear.id)
    const own = readLiveness(message)
    this.#enter(now)
    if (ear.isImpossible && own?.type !== 'life') throw skewed()
    if (own === undefined) {
      this.#facts.take(this.#facts.gossip.receive(link, message, now))
      this.#hearing.took(ear)
    } else {
      this.#hearing.converse(ear, own)
    }
    return this.#settle()
  }

  heard (link: Link, now: Now): Effects<MemberEvent> | undefined {
    const ear = this.#hearing.ears.get(link)
    if (ear === undefined) return undefined
    this.#enter(now)
    return this.#hearing.heard(ear) ? this.#settle() : undefined
  }

  /** Who was put out learns of it at every door; no more is believed than what any member may say. */
  refused (link: Link, code: ErrorCode, now: Now): Effects<MemberEvent> {
    this.#enter(now)
    if (code === 'CLOCK_SKEW') this.#facts.births.doubt(this.epoch, now)
    this.#heedClock()
    if (code === 'EVICTED') this.#standing.putOut(`${this.#hearing.ears.get(link)?.id} says that it was put out`)
    return this.#settle()
  }

  /** Two live holders of one id met: the greater life goes on. */
  namesake (epoch: string, now: Now): Outlived<MemberEvent> {
    this.#enter(now)
    const isPossible = this.#facts.births.isPossible(epoch, now)
    const isOutlived = isPossible && epoch < this.epoch
    if (isOutlived) this.#hearing.tellConflict(this.id, epoch)
    else if (isPossible && epoch > this.epoch) this.#hearing.tellConflict(this.id, this.epoch)
    return { isOutlived, effects: this.#settle() }
  }

  close (link: Link, now: Now): Effects<MemberEvent> {
    this.#enter(now)
    this.#hearing.close(link)
    this.#facts.take(this.#facts.gossip.close(link))
    return this.#settle()
  }

  tick (now: Now): Effects<MemberEvent> {
    this.#enter(now)
    this.#hearing.tick()
    this.#facts.take(this.#facts.gossip.tick(now))
    this.#standing.sweep()
    return this.#settle()
  }

  persisted (sequence: number, now: Now): Effects<MemberEvent> {
    this.#enter(now)
    this.#facts.take(this.#facts.gossip.persisted(sequence))
    return this.#settle()
  }

  pull (link: Link, maxBytes: number, now: Now): Message | undefined {
    const ear = this.#hearing.ears.get(link)
    // Who was put out is told nothing but why, when it speaks next.
    const isOut = ear !== undefined && this.#standing.isEvicted(ear.id)
    const message = this.#hearing.pull(link) ?? (isOut ? undefined : this.#facts.gossip.pull(link, maxBytes, now))
    if (message !== undefined) this.#hearing.ears.sent(link, now.monotonic)
    return message
  }

  deadline (): number | undefined {
    const at = Math.min(this.#facts.gossip.deadline() ?? Infinity, this.#hearing.deadline, this.#standing.deadline)
    return at === Infinity ? undefined : at
  }

  isSynced (link: Link, hasLeft: boolean): boolean { return this.#facts.gossip.isSynced(link, hasLeft) }

  traffic (link: Link): Traffic { return this.#facts.gossip.traffic(link) }

  restore (records: readonly StoredRecord[], now: Now): Effects<MemberEvent> {
    this.#enter(now)
    this.#facts.restore(records)
    this.#standing.restored()
    // What expired while the process was down is not seen again.
    this.#facts.take(this.#facts.gossip.tick(now))
    return this.#settle()
  }

  seal (): Effects<MemberEvent> {
    this.#facts.take(this.#facts.gossip.seal())
    return this.#facts.takeEffects([])
  }

  check (): void {
    this.#facts.gossip.check()
    this.roster.graph.check()
    this.#hearing.check()
  }

  // Below

  #enter (now: Now): void {
    const from = this.#dueAt
    this.#facts.now = now
    // A timer that fires so late means that this process slept: nobody else was silent.
    if (now.monotonic - from > 2 * this.#options.heartbeatMs) {
      this.#dueAt = now.monotonic
      this.#standing.slept(now.monotonic, answerMs)
      this.#hearing.ears.slept(from, now.monotonic)
    }
    this.#standing.isAwake(now.monotonic)
    this.#heedClock()
  }

  #heedClock (): void {
    if (this.#facts.births.hasFallen(this.#facts.now)) this.#hearing.disown()
  }

  /** What follows from what was heard and learned. */
  #settle (): Effects<MemberEvent> {
    this.#hearing.settle()
    this.#standing.settle()
    const effects = this.#facts.takeEffects(this.#hearing.ears.takeWakes())
    // What is overdue already is due now: only what comes later than that is a sign of sleep.
    this.#dueAt = Math.max(this.#facts.now.monotonic, this.deadline() ?? Infinity)
    return effects
  }
}
