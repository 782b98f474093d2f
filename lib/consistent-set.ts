import { EventEmitter } from 'node:events'
import { readClock } from './ground/clock.js'
import { outOfRange, TendrilError } from './ground/errors.js'
import { checkName, randomId } from './ground/ids.js'
import type { Answer } from './quorum/cells.js'
import type { OperationKind } from './quorum/execute.js'
import { Quorum } from './quorum/quorum.js'
import type { QuorumEvent } from './quorum/quorum.js'
import { deliver, tell } from './stream/deliver.js'
import type { Callback } from './stream/deliver.js'
import { checkBoolean, checkObject, checkStructureOptions } from './stream/options.js'
import type { Settings, StreamOptions } from './stream/options.js'
import type { ReplicationStream } from './stream/streams.js'
import { registerStreams } from './bundle.js'
import { cellBytes, checkCall, checkClusterSize, checkMembers } from './consistent-set-options.js'
import type { CallOptions, ChangeOptions, ConsistentSetOptions } from './consistent-set-options.js'
import { SetCalls } from './set-calls.js'
import type { ResultCallback } from './set-calls.js'
import { Shell } from './shell.js'

/** What `add` came to. */
export interface Added {
  readonly element: string
  /** Who holds it: the token given, or the one that was drawn. */
  readonly token: string
  /** A fencing token: a later add of the same element has a greater one, as `<` compares strings. */
  readonly fence: string
}

/** What `rem` came to. */
export interface Removed {
  readonly element: string
  /** Whether the element was there. */
  readonly changed: boolean
}

/** Who holds an element. */
export interface Holder {
  readonly token: string
  readonly fence: string
}

export interface ConsistentSetEvents {
  /** The element came into the local view. */
  add: [element: string]
  /** The element went from the local view. */
  rem: [element: string]
  /** A quorum can be reached: calls go through. */
  ready: []
  /** No quorum can be reached: calls wait. */
  halt: []
  /** The members are these from now on. */
  members: [ids: string[]]
  error: [error: TendrilError]
}

export interface ConsistentSetStatus {
  /** `forming`: the members are not known yet; `ready`: enough of them can be reached; `halted`: calls wait. */
  readonly state: 'forming' | 'ready' | 'halted'
  /** The members' ids; empty while forming. */
  readonly members: string[]
  /** How many of them can be reached, this node included. */
  readonly reachable: number
  /** How many are needed. */
  readonly needed: number
  /** It grows with each change of the members. */
  readonly epoch: number
  /** Calls that are not answered. */
  readonly queued: number
}

export interface ConsistentSetStats {
  /** Elements in the local view. */
  readonly elements: number
  /** Removed elements of which a record is kept, until all members have passed it. */
  readonly tombstones: number
  /** Lanes, of 256, whose changes this node puts in order. */
  readonly lanes: number
  /** Messages of this node to members, and of members to it, those on their way to others included. */
  readonly messagesOut: number
  readonly messagesIn: number
  readonly streams: number
  /** Changes on their way to storage. */
  readonly changesWaiting: number
}

/** So many calls a set that can't reach a quorum lets wait. */
const mostWaiting = 10_000
const refusals: ReadonlyMap<string, string> = new Map([
  ['CLUSTER_FULL', 'the others have become a cluster without this node'],
  ['NOT_MEMBER', 'this node is no member any more, or lost the storage that its id stands for: replace it'],
  ['CLUSTER_MISMATCH', 'there is another cluster, which was formed apart from this one']
])
/** How long a lane's owner may be silent at least before another takes its place. */
const patienceMs = 50

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
  #isClosing = false

  /** @throws TypeError | RangeError with code INVALID_ARGUMENT */
  constructor (options: ConsistentSetOptions = {}) {
    super()
    checkObject('options', options)
    const settings = checkStructureOptions({ ...options, durable: true }, 'set', cellBytes)
    const { clock, storage } = settings
    const now = readClock(clock)
    this.#quorum = new Quorum({ ...checkConfiguration(options, settings), patienceMs, persistent: storage !== undefined, random: () => clock.random() }, now)
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
        if (!tell(this, 'error', error) && wasLoaded) deliver(() => this.emit('error', error))
      }
    })
    registerStreams(this, this.#shell.streams)
    // A node that is a quorum by itself is ready: who made it can listen first.
    if (storage === undefined) queueMicrotask(() => { if (!this.#isClosing) this.#shell.host.run(this.#quorum.tick(this.#shell.host.now())) })
  }

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

  get state (): 'forming' | 'ready' | 'halted' { return this.#quorum.state }

  status (): ConsistentSetStatus {
    const { state, members, reachable, needed, epoch, queued } = this.#quorum.standing
    return { state, members: [...members], reachable, needed, epoch, queued }
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
      this.#calls.close(new TendrilError('CLOSED', 'this ConsistentSet is closed'))
    }
    return closing
  }

  // Below

  #tell (event: QuorumEvent): void {
    switch (event.kind) {
      case 'done': this.#calls.answered(event.n, event.answer); break
      case 'add': case 'rem': tell(this, event.kind, event.element); break
      case 'changed': break
      case 'fail': this.#calls.failed(event.n, event.code); break
      case 'members': tell(this, 'members', [...event.members]); break
      case 'refused': tell(this, 'error', new TendrilError(event.code, refusals.get(event.code) ?? 'this node is no member')); break
      case 'ready': case 'halt': if (!this.#isClosing) tell(this, event.kind)
    }
  }
}

function checkConfiguration (options: ConsistentSetOptions, { id, clock }: Settings): { id: string, members?: readonly string[], clusterSize?: number, tieBreaker: boolean } {
  const { clusterSize, tieBreaker = true } = options
  checkBoolean('tieBreaker', tieBreaker)
  const size = clusterSize === undefined ? undefined : checkClusterSize(clusterSize)
  const members = checkMembers(options.members)
  const own = id ?? randomId(() => clock.random())
  if (members === undefined) {
    if (size !== 1) throw outOfRange('a cluster of more than one needs its members')
    return { id: own, clusterSize: 1, tieBreaker }
  }
  if (size !== undefined && size !== members.length) throw outOfRange('clusterSize must be the number of members')
  if (!members.includes(own)) throw outOfRange("members must name this node's own id")
  return { id: own, members, tieBreaker }
}
