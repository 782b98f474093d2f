import { EventEmitter } from 'node:events'
import type { Effects } from './core.js'
import { readClock } from './ground/clock.js'
import { outOfRange, TendrilError, wrongType } from './ground/errors.js'
import { checkName, maxIdBytes } from './ground/ids.js'
import { admitFor, handOut, sameValue } from './ground/values.js'
import type { Value } from './ground/values.js'
import { Members } from './liveness/members.js'
import type { MemberEvent } from './liveness/events.js'
import type { MemberRecord, MemberStatus } from './liveness/member.js'
import { viewOf, Views } from './liveness/view.js'
import type { Member } from './liveness/view.js'
import { answer, deliver, tell } from './stream/deliver.js'
import type { Callback } from './stream/deliver.js'
import { checkObject, checkSignal, checkStructureOptions, checkTtl } from './stream/options.js'
import type { StreamOptions } from './stream/options.js'
import type { ReplicationStream } from './stream/streams.js'
import { registerStreams } from './bundle.js'
import type { Explanation, MembershipEvents, MembershipStats } from './membership-events.js'
import { checkDial, checkMembershipOptions, checkVersion, slotBytes } from './membership-options.js'
import type { Dial, MembershipOptions } from './membership-options.js'
import { Farewell } from './farewell.js'
import { Shell } from './shell.js'

/**
 * Who is here, and what each says of itself. Each member tells only whom it hears; everyone derives everyone's status from
 * that, so that no stale news of life or death can circulate. `docs/membership.md` says how.
 *
 * Hayashibara et al., *The phi accrual failure detector*; Das, Gupta and Motivala, *SWIM*.
 */
export class Membership extends EventEmitter<MembershipEvents> {
  readonly #members: Members
  readonly #shell: Shell<MemberEvent>
  readonly #dial: Dial | undefined
  readonly #farewell: Farewell
  #refused: TendrilError | undefined

  /** @throws TypeError | RangeError with code INVALID_ARGUMENT */
  constructor (options: MembershipOptions = {}) {
    super()
    const settings = checkStructureOptions(options, 'members', slotBytes)
    const { clock } = settings
    this.#dial = checkDial(options.dial)
    this.#members = new Members({ ...checkMembershipOptions(options, settings), random: () => clock.random() }, readClock(clock))
    this.#shell = new Shell(this.#members, {
      kind: 'members',
      what: 'Membership',
      settings,
      replicas: sequence => this.#members.replicas(sequence),
      onEvents: events => {
        const views = new Views()
        for (const event of events) this.#tell(event, views)
      },
      onPeer: () => {},
      onFailure: (error, wasLoaded) => { if (!tell(this, 'error', error) && wasLoaded) deliver(() => this.emit('error', error)) }
    })
    this.#farewell = new Farewell({
      say: () => this.#leave(),
      isInCompany: () => this.#members.isInCompany,
      replication: this.#shell.replication
    })
    registerStreams(this, this.#shell.streams)
  }

  /** This node's id. With `storage` and no id given it is known once `ready()` resolves. */
  get id (): string { return this.#members.id }

  /** Resolves when storage has been loaded; without storage, at once. @throws TendrilError with code STORAGE_FAILED */
  ready (): Promise<void>
  ready (callback: Callback): void
  ready (callback?: Callback): Promise<void> | void { return this.#shell.ready(callback) }

  // Reading

  /** Oneself. */
  get self (): Member { return viewOf(this.#members.self) }

  /** @throws TypeError with code INVALID_ARGUMENT where `id` is no string; so do all that ask for one member */
  get (id: string): Member | undefined {
    const record = this.#record(id)
    return record === undefined ? undefined : viewOf(record)
  }

  /** What is known of a member that was announced. */
  #record (id: unknown): MemberRecord & { readonly status: MemberStatus } | undefined {
    if (typeof id !== 'string') throw wrongType(`id must be a string, not ${typeof id}`)
    const record = this.#members.roster.get(id)
    return isAnnounced(record) ? record : undefined
  }

  /** Members of every status, oneself included. */
  all (): Member[] { return this.#select(() => true) }

  /** Those who are here, oneself included. */
  alive (): Member[] { return this.#select(status => status === 'alive') }

  dead (): Member[] { return this.#select(status => status === 'dead') }

  #select (isWanted: (status: MemberStatus) => boolean): Member[] {
    return [...this.#members.roster].flatMap(record => record.status !== undefined && isWanted(record.status) ? [viewOf(record)] : [])
  }

  /** What a member says under a key; undefined if it says nothing. */
  fact (id: string, key: string): Value | undefined {
    if (typeof key !== 'string') throw wrongType(`key must be a string, not ${typeof key}`)
    const value = this.#record(id)?.facts.get(key)
    return value === undefined ? undefined : handOut(value)
  }

  /** All that a member says of itself; undefined for a member that is not known. */
  facts (id: string): ReadonlyMap<string, Value> | undefined { return this.get(id)?.facts }

  /** The members, of any status, who say this of themselves: anything under the key, or just this value. */
  find (key: string, value?: unknown): Member[] {
    checkName('key', key, this.#shell.streams.settings.maxKeyBytes)
    const wanted = value === undefined ? undefined : admitFor(key, value, Infinity, 'compared with')
    return this.all().filter(({ facts }) => {
      const fact = facts.get(key)
      return fact !== undefined && (wanted === undefined || sameValue(fact, wanted))
    })
  }

  /** Why a member is taken for what it is; undefined for one that is not known. */
  explain (id: string): Explanation | undefined {
    const record = this.#record(id)
    if (record === undefined) return undefined
    const timeline = record.timeline.map(({ at, status, why }) => ({ at: new Date(at), status, why }))
    return {
      status: record.status,
      heardBy: this.#members.roster.heardBy(id),
      phi: this.#members.phi(id, this.#shell.host.now().monotonic),
      since: new Date(record.since),
      timeline
    }
  }

  // Speaking of oneself

  /**
   * Sets a fact of one's own. An equal value, with no `ttl` on either side, is no change.
   * @param options.ttl after how many milliseconds it expires, everywhere
   * @param options.ifVersion only if the fact is at this version, 0: only if there is none
   * @returns the fact's version
   * @throws TypeError | RangeError with code INVALID_ARGUMENT, TendrilError with code VERSION_CONFLICT, CLOSED,
   * STORAGE_FAILED, DUPLICATE_ID or EVICTED
   */
  set (key: string, value: unknown, options: { ttl?: number, ifVersion?: number } = {}): number {
    const { maxKeyBytes, maxValueBytes } = this.#shell.streams.settings
    checkName('key', key, maxKeyBytes)
    checkObject('options', options)
    const ttl = checkTtl(options.ttl)
    const ifVersion = checkVersion(options.ifVersion)
    const admitted = admitFor(key, value, maxValueBytes)
    this.#assertHere()
    const { version, effects } = this.#members.set(key, admitted, ttl, ifVersion, this.#shell.host.now())
    this.#run(effects)
    return version
  }

  /**
   * Takes a fact of one's own back.
   * @returns whether there was one
   * @throws as {@link Membership.set}
   */
  delete (key: string, options: { ifVersion?: number } = {}): boolean {
    checkName('key', key, this.#shell.streams.settings.maxKeyBytes)
    checkObject('options', options)
    const ifVersion = checkVersion(options.ifVersion)
    this.#assertHere()
    const { existed, effects } = this.#members.delete(key, ifVersion, this.#shell.host.now())
    this.#run(effects)
    return existed
  }

  /** The version of a fact of one's own, for `ifVersion`; 0: there is none. Before `ready()` it may not be known yet. */
  version (key: string): number {
    checkName('key', key, this.#shell.streams.settings.maxKeyBytes)
    return this.#members.version(key)
  }

  /**
   * Says goodbye: the others see this member leave, never die. Resolves once one of them has that, or none is heard any more
   * to whom it may be told. From the call on it says nothing else.
   * @param options.signal ends the wait, with ABORTED; it has left all the same
   */
  leave (options?: { signal?: AbortSignal }): Promise<void>
  leave (callback: Callback): void
  leave (options: { signal?: AbortSignal }, callback: Callback): void
  leave (...args: unknown[]): Promise<void> | void {
    const last = typeof args.at(-1) === 'function' ? args.pop() : undefined
    const [options = {}, callback = last] = args
    const signal = checkSignal(options)
    return answer(() => this.#farewell.say(signal), callback)
  }

  async #leave (): Promise<void> {
    this.#assertOpen()
    await this.ready()
    this.#run(this.#members.leave(this.#shell.host.now()))
  }

  // Speaking of others

  /**
   * Declares a member dead, everywhere. If it is not, it comes back by itself, a generation up. Oneself: begins another
   * life at once.
   * @throws TendrilError with code NOT_MEMBER for an id that is not known
   */
  fail (id: string): void { this.#condemn(id, false) }

  /**
   * Puts a member out for good: under this id it may not come back.
   * @throws TendrilError with code NOT_MEMBER for an id that is not known; RangeError with code INVALID_ARGUMENT for oneself
   */
  evict (id: string): void {
    if (id === this.id) throw outOfRange('a member cannot put itself out: leave() is for that')
    this.#condemn(id, true)
  }

  #condemn (id: string, forGood: boolean): void {
    checkName('id', id, maxIdBytes)
    this.#assertOpen()
    this.#run(this.#members.condemn(id, forGood, this.#shell.host.now()))
  }

  // Replicating

  /**
   * One connection's stream: `stream.pipe(socket).pipe(stream)`. From the call of `close` on, beyond `maxStreams`, and when
   * this member had to stop, it is destroyed already, with code CLOSED, TOO_MANY_STREAMS, DUPLICATE_ID or EVICTED, and closes
   * what it is piped with.
   * @throws TypeError with code INVALID_ARGUMENT
   */
  createStream (options?: StreamOptions): ReplicationStream { return this.#shell.streams.create(options) }

  /** Plain counters. */
  stats (): MembershipStats {
    const { roster, entries, sources } = this.#members
    const known = [...roster].filter(({ status }) => status !== undefined)
    return {
      members: known.length,
      alive: known.filter(({ status }) => status === 'alive').length,
      entries,
      sources,
      streams: this.#shell.streams.size,
      changesWaiting: this.#shell.host.changesWaiting
    }
  }

  /** Resolves when storage holds everything that was written or taken in so far; without storage, at once. */
  flush (): Promise<void>
  flush (callback: Callback): void
  flush (callback?: Callback): Promise<void> | void { return this.#shell.flush(callback) }

  /** Ends its streams, flushes storage, lets the process exit. Without `leave()` before, the others take it for a crash. */
  close (): Promise<void>
  close (callback: Callback): void
  close (callback?: Callback): Promise<void> | void { return this.#shell.close(callback) }

  // Below

  #assertOpen (): void {
    this.#shell.assertOpen()
    if (this.#refused !== undefined) throw this.#refused
  }

  /** Whoever has left says nothing more. */
  #assertHere (): void {
    this.#assertOpen()
    if (this.#farewell.isSaid) throw new TendrilError('CLOSED', `'${this.id}' has left`)
  }

  #run (effects: Effects<MemberEvent>): void {
    this.#shell.replication.wrote(this.#members.sequence)
    this.#shell.host.run(effects)
  }

  #tell (event: MemberEvent, views: Views): void {
    if ('member' in event && this.listenerCount(event.kind) === 0) return
    switch (event.kind) {
      case 'acknowledged': this.#shell.replication.check(); break
      case 'alone': this.#farewell.leftAlone(); break
      case 'update': case 'delete': case 'expire':
        tell(this, event.kind, views.of(event.member), event.key, event.value === undefined ? undefined : handOut(event.value))
        break
      case 'conflict': tell(this, 'conflict', event.id); break
      case 'probe': if (this.#dial !== undefined) deliver(() => this.#dial?.(event.address, event.id)); break
      case 'refused': this.#refuse(event.code); break
      default: tell(this, event.kind, views.of(event.member))
    }
  }

  /** The others go on without this node. Where nobody listens, its calls and its streams tell. */
  #refuse (code: 'DUPLICATE_ID' | 'EVICTED'): void {
    const text = code === 'EVICTED' ? `'${this.id}' was put out of the cluster` : `another node calls itself '${this.id}'`
    const error = new TendrilError(code, text)
    this.#refused = error
    this.#shell.streams.abandon(error)
    this.#shell.replication.close(error)
    tell(this, 'error', error)
  }
}

function isAnnounced (record: MemberRecord | undefined): record is MemberRecord & { readonly status: MemberStatus } {
  return record?.status !== undefined
}
