import { EventEmitter } from 'node:events'
import { readClock } from './ground/clock.js'
import { TendrilError } from './ground/errors.js'
import { checkName, maxIdBytes, randomId } from './ground/ids.js'
import type { Answer } from './quorum/cells.js'
import type { OperationKind } from './quorum/execute.js'
import { Quorum } from './quorum/quorum.js'
import type { QuorumEvent } from './quorum/quorum.js'
import type { MemberChange } from './quorum/changing.js'
import { deliver, tell } from './stream/deliver.js'
import type { Callback } from './stream/deliver.js'
import { checkObject, checkStructureOptions } from './stream/options.js'
import type { StreamOptions } from './stream/options.js'
import type { ReplicationStream } from './stream/streams.js'
import { registerStreams } from './bundle.js'
import { cellBytes, checkCall, checkClusterSize, checkConfiguration } from './consistent-set-options.js'
import type { CallOptions, ChangeOptions, ConsistentSetOptions } from './consistent-set-options.js'
import type { Added, ConsistentSetEvents, ConsistentSetStats, ConsistentSetStatus, Holder, Removed } from './consistent-set-results.js'
import { SetCalls } from './set-calls.js'
import type { ResultCallback } from './set-calls.js'
import { MemberChanges, refusalOf, resultOf } from './set-changes.js'
import { Shell } from './shell.js'

/** So many calls a set that can't reach a quorum lets wait. */
const mostWaiting = 10_000
/** How long a lane's owner may be silent at least before another takes its place. */
const patienceMs = 50
/** What a frame has before its message. */
const headBytes = 16

/**
 * A set that a majority of its members agrees on. `add`, `rem`, `has` and `holder` are linearizable; what a call changed is
 * not lost while a quorum of the members keeps its storage. Calls wait, in order, while no quorum can be reached.
 *
 * Lamport, *Paxos Made Simple*; Rystsov, *CASPaxos*. `docs/quorum.md` says how it works.
 */
export class ConsistentSet extends EventEmitter<ConsistentSetEvents> {
  readonly #quorum: Quorum
  readonly #shell: Shell<QuorumEvent>
  readonly #calls: SetCalls
  readonly #changes = new MemberChanges()
  /** The members that were told of last. */
  #members = ''
  #isClosing = false

  /** @throws TypeError | RangeError with code INVALID_ARGUMENT */
  constructor (options: ConsistentSetOptions = {}) {
    super()
    checkObject('options', options)
    const settings = checkStructureOptions({ ...options, durable: true }, 'set', cellBytes)
    const { clock, storage } = settings
    const now = readClock(clock)
    this.#quorum = new Quorum({ ...checkConfiguration(options, settings.id), maxMessageBytes: settings.frames.maxBytes - headBytes, patienceMs, persistent: storage !== undefined, random: () => clock.random() }, now)
    this.#calls = new SetCalls({
      clock,
      begin: (kind, element, token) => this.#begin(kind, element, token),
      abandon: n => this.#abandon(n)
    })
    this.#shell = new Shell(this.#quorum, {
      kind: 'set',
      what: 'ConsistentSet',
      settings,
      replicas: () => 0,
      onEvents: events => { for (const event of events) this.#tell(event) },
      onPeer: () => {},
      onFailure: (error, wasLoaded) => {
        this.#calls.close(error)
        this.#changes.close(error)
        if (!tell(this, 'error', error) && wasLoaded) deliver(() => this.emit('error', error))
      }
    })
    registerStreams(this, this.#shell.streams)
    // A node that is a quorum by itself is ready: who made it can listen first.
    if (storage === undefined) queueMicrotask(() => { if (!this.#isClosing) this.#shell.host.run(this.#quorum.tick(this.#shell.host.now())) })
  }

  /** This node's id. With `storage` and no id given it is known once `ready()` resolves. */
  get id (): string { return this.#quorum.id }

  /** Resolves when storage has been loaded; without storage, at once. @throws TendrilError with code STORAGE_FAILED */
  ready (): Promise<void>
  ready (callback: Callback): void
  ready (callback?: Callback): Promise<void> | void { return this.#shell.ready(callback) }

  // Calls

  /**
   * Adds an element. With the token that holds it already it is added, too: so a call whose outcome is not known can be
   * made again.
   * @throws TypeError | RangeError with code INVALID_ARGUMENT, at the call. TendrilError: ALREADY_PRESENT; ABORTED where nothing
   * was sent, OUTCOME_UNKNOWN where it may still take effect (`signal`, `timeout`); CLOSED, STORAGE_FAILED
   */
  add (element: string, options?: ChangeOptions): Promise<Added>
  add (element: string, callback: ResultCallback<Added>): void
  add (element: string, options: ChangeOptions | undefined, callback: ResultCallback<Added>): void
  add (element: string, ...rest: unknown[]): Promise<Added> | void {
    return this.#call('add', element, rest, answer => {
      if (answer.code === 'taken') throw new TendrilError('ALREADY_PRESENT', `'${element}' is in the set already`)
      return { element, token: answer.token, fence: answer.fence }
    })
  }

  /**
   * Removes an element; one that is absent is no error. With a token, only if that holds it.
   * @throws as {@link ConsistentSet.add}, and NOT_HOLDER in place of ALREADY_PRESENT
   */
  rem (element: string, options?: ChangeOptions): Promise<Removed>
  rem (element: string, callback: ResultCallback<Removed>): void
  rem (element: string, options: ChangeOptions | undefined, callback: ResultCallback<Removed>): void
  rem (element: string, ...rest: unknown[]): Promise<Removed> | void {
    return this.#call('rem', element, rest, ({ code }) => {
      if (code === 'kept') throw new TendrilError('NOT_HOLDER', `another token holds '${element}'`)
      return { element, changed: code === 'removed' }
    })
  }

  /** Whether the element is in the set: linearizable, unlike the local view. @throws as {@link ConsistentSet.add}, but for OUTCOME_UNKNOWN */
  has (element: string, options?: CallOptions): Promise<boolean>
  has (element: string, callback: ResultCallback<boolean>): void
  has (element: string, options: CallOptions | undefined, callback: ResultCallback<boolean>): void
  has (element: string, ...rest: unknown[]): Promise<boolean> | void {
    return this.#call('get', element, rest, ({ token }) => token !== '')
  }

  /** Who holds the element, undefined if nobody does: linearizable. @throws as {@link ConsistentSet.has} */
  holder (element: string, options?: CallOptions): Promise<Holder | undefined>
  holder (element: string, callback: ResultCallback<Holder | undefined>): void
  holder (element: string, options: CallOptions | undefined, callback: ResultCallback<Holder | undefined>): void
  holder (element: string, ...rest: unknown[]): Promise<Holder | undefined> | void {
    return this.#call('get', element, rest, ({ token, fence }) => token === '' ? undefined : { token, fence })
  }

  #call<Result> (kind: OperationKind, element: string, rest: unknown[], read: (answer: Answer) => Result): Promise<Result> | void {
    checkName('element', element, this.#shell.streams.settings.maxKeyBytes)
    const [options = {}, callback] = rest.length === 1 && typeof rest[0] === 'function' ? [{}, rest[0]] : rest
    const call = { kind, element, read, ...checkCall(options) }
    const { clock } = this.#shell.streams.settings
    const token = kind === 'get' ? '' : call.token ?? (kind === 'add' ? randomId(() => clock.random()) : '')
    return this.#calls.run(call, token, callback, this.#refusal())
  }

  /** Why a call is not taken. */
  #refusal (): TendrilError | undefined {
    try {
      this.#shell.assertOpen()
    } catch (error) {
      return error as TendrilError
    }
    if (this.state === 'ready' || this.#quorum.standing.queued < mostWaiting) return undefined
    return new TendrilError('ABORTED', `${mostWaiting} calls wait for a quorum already`)
  }

  #begin (kind: OperationKind, element: string, token: string): { n: number, go: () => void } {
    const { n, effects } = this.#quorum.call(kind, element, token, this.#shell.host.now())
    return { n, go: () => { this.#shell.host.run(effects) } }
  }

  #abandon (n: number): 'ABORTED' | 'OUTCOME_UNKNOWN' | undefined {
    const { fate, effects } = this.#quorum.abandon(n, this.#shell.host.now())
    this.#shell.host.run(effects)
    return fate
  }

  // The local view

  /** What this node knows to be decided. Of each element it only ever goes forward, but it may be behind: `has` is not. */
  values (): IterableIterator<string> { return this.#quorum.view.elements.values() }

  get size (): number { return this.#quorum.view.elements.size }

  [Symbol.iterator] (): IterableIterator<string> { return this.values() }

  // The cluster

  /** How many members there are, or are to be; undefined while nobody has said. */
  clusterSize (): number | undefined
  /**
   * Says how many members there are to be. Of the nodes that say the same and meet, so many become a cluster, and stay one; afterwards this
   * has no effect: `grow` and `shrink` are for that.
   * @throws TypeError | RangeError with code INVALID_ARGUMENT, TendrilError with code CLOSED or STORAGE_FAILED
   */
  clusterSize (size: number): this
  clusterSize (size?: number): this | number | undefined {
    if (size === undefined) return this.#quorum.wanted
    checkClusterSize(size)
    this.#shell.assertOpen()
    this.#shell.host.run(this.#quorum.clusterSize(size, this.#shell.host.now()))
    return this
  }

  get state (): 'forming' | 'ready' | 'halted' { return this.#quorum.state }

  status (): ConsistentSetStatus { return { ...this.#quorum.standing } }

  /**
   * Takes a node in: one that is connected, has this `name` and `cluster`, and belongs nowhere yet: who was put out comes back with empty
   * storage only. Waits until there is such a node, and resolves with the members, once it is one, and has all that the others have.
   * @throws TypeError | RangeError with code INVALID_ARGUMENT. TendrilError: NOT_MEMBER where this node is none; CLOSED, STORAGE_FAILED
   */
  grow (id: string): Promise<string[]>
  grow (id: string, callback: ResultCallback<string[]>): void
  grow (id: string, callback?: ResultCallback<string[]>): Promise<string[]> | void {
    checkName('id', id, maxIdBytes)
    return this.#change({ kind: 'grow', id }, callback)
  }

  /**
   * Puts a member out: it counts no more, and gets NOT_MEMBER.
   * @throws as {@link ConsistentSet.grow}; NOT_MEMBER also for an id that is none
   */
  shrink (id: string): Promise<string[]>
  shrink (id: string, callback: ResultCallback<string[]>): void
  shrink (id: string, callback?: ResultCallback<string[]>): Promise<string[]> | void {
    checkName('id', id, maxIdBytes)
    return this.#change({ kind: 'shrink', id }, callback)
  }

  /**
   * Puts a member out and takes another in, in one step; the same id twice, if the member comes back with its storage lost.
   * @throws as {@link ConsistentSet.shrink}
   */
  replace (oldId: string, newId: string): Promise<string[]>
  replace (oldId: string, newId: string, callback: ResultCallback<string[]>): void
  replace (oldId: string, newId: string, callback?: ResultCallback<string[]>): Promise<string[]> | void {
    checkName('id', oldId, maxIdBytes)
    checkName('id', newId, maxIdBytes)
    return this.#change({ kind: 'replace', id: oldId, by: newId }, callback)
  }

  #change (change: MemberChange, callback: unknown): Promise<string[]> | void {
    return resultOf(async () => {
      this.#shell.assertOpen()
      const { n, effects } = this.#quorum.change(change, this.#shell.host.now())
      const changed = this.#changes.wait(n)
      this.#shell.host.run(effects)
      await changed
      return [...this.#quorum.standing.members]
    }, callback)
  }

  /** Plain counters. */
  stats (): ConsistentSetStats {
    return { ...this.#quorum.stats(), streams: this.#shell.streams.size, changesWaiting: this.#shell.host.changesWaiting }
  }

  // Replicating

  /**
   * One connection's stream: `stream.pipe(socket).pipe(stream)`. From the call of `close` on, and beyond `maxStreams`, it is
   * destroyed already, with code CLOSED or TOO_MANY_STREAMS, and closes what it is piped with.
   * @throws TypeError with code INVALID_ARGUMENT
   */
  createStream (options?: StreamOptions): ReplicationStream { return this.#shell.streams.create(options) }

  /** Resolves when storage holds everything that was taken in so far; without storage, at once. */
  flush (): Promise<void>
  flush (callback: Callback): void
  flush (callback?: Callback): Promise<void> | void { return this.#shell.flush(callback) }

  /**
   * Ends its streams, flushes storage, lets the process exit. Calls that wait get CLOSED, or OUTCOME_UNKNOWN where they were
   * sent. Twice is fine.
   */
  close (): Promise<void>
  close (callback: Callback): void
  close (callback?: Callback): Promise<void> | void {
    const closing = this.#shell.close(callback)
    if (!this.#isClosing) {
      this.#isClosing = true
      const error = new TendrilError('CLOSED', 'this ConsistentSet is closed')
      this.#calls.close(error)
      this.#changes.close(error)
    }
    return closing
  }

  // Below

  #tell (event: QuorumEvent): void {
    switch (event.kind) {
      case 'done': this.#calls.answered(event.n, event.answer); break
      case 'add': case 'rem': tell(this, event.kind, event.element); break
      case 'changed': this.#changes.ended(event.n, event.code); break
      case 'fail': this.#calls.failed(event.n, event.code); break
      case 'members': this.#tellMembers(event.members); break
      case 'refused': tell(this, 'error', refusalOf(event.code)); break
      case 'ready': case 'halt': if (!this.#isClosing) tell(this, event.kind)
    }
  }

  /** A step on the way from some members to others is no news to the user. */
  #tellMembers (members: readonly string[]): void {
    const told = JSON.stringify(members)
    if (told === this.#members) return
    this.#members = told
    tell(this, 'members', [...members])
  }
}
