import { EventEmitter } from 'node:events'
import type { TendrilError } from './ground/errors.js'
import { wrongType } from './ground/errors.js'
import { checkName } from './ground/ids.js'
import { admitFor, handOut } from './ground/values.js'
import type { Value } from './ground/values.js'
import type { Entry } from './gossip/entry.js'
import { Gossip } from './gossip/gossip.js'
import type { GossipEvent } from './gossip/outbox.js'
import { checkCount, checkObject, checkSignal, checkStructureOptions, checkTtl } from './stream/options.js'
import type { StreamOptions, StructureOptions } from './stream/options.js'
import type { ReplicationStream } from './stream/streams.js'
import { registerStreams } from './bundle.js'
import { Shell } from './shell.js'
import { answer, deliver, tell } from './stream/deliver.js'
import type { Callback } from './stream/deliver.js'
import { updateOf } from './update.js'
import type { Update } from './update.js'
import { Watchers } from './watchers.js'
import type { WatchListener } from './watchers.js'

export interface ModelOptions extends StructureOptions {
  /**
   * How many delete records are kept for peers who were away for a while. A peer away for longer is brought up to date by
   * a full join instead. 0 forgets at once. Default: 10,000.
   */
  deletesKept?: number
}

export interface ModelEvents {
  update: [key: string, value: Value, update: Update]
  delete: [key: string, update: Update]
  expire: [key: string, update: Update]
  peer: [id: string]
  error: [error: TendrilError]
}

const acceptedSkewMs = 60_000
const retentionMs = 86_400_000

/**
 * A shared map that replicates over any duplex stream. Always available: reads and writes are local, replicas converge
 * whenever they can reach each other, and of concurrent writes to one key the last one is shown everywhere.
 *
 * Gossip after van Renesse et al., *Efficient Reconciliation and Flow Control for Anti-Entropy Protocols* (Scuttlebutt).
 */
export class Model extends EventEmitter<ModelEvents> {
  readonly #gossip: Gossip
  readonly #shell: Shell<GossipEvent>
  readonly #watchers: Watchers

  /** @throws TypeError | RangeError with code INVALID_ARGUMENT */
  constructor (options: ModelOptions = {}) {
    super()
    const settings = checkStructureOptions(options, 'model')
    const { clock, storage, durable, id, maxKeyBytes, maxValueBytes, maxContext, contextRoom } = settings
    const { deletesKept = 10_000 } = options
    checkCount('deletesKept', deletesKept, 0, Number.MAX_SAFE_INTEGER)
    const persistent = storage !== undefined
    const random = (): number => clock.random()
    const now = { monotonic: clock.monotonic(), wall: clock.wall() }
    this.#gossip = new Gossip({ id, random, maxKeyBytes, maxValueBytes, maxContext, contextRoom, acceptedSkewMs, retentionMs, deletesKept, persistent, durable }, now)
    this.#watchers = new Watchers(key => this.#update(key), prefix => this.#keysUnder(prefix), persistent)
    this.#shell = new Shell(this.#gossip, {
      kind: 'model',
      what: 'Model',
      settings,
      replicas: sequence => this.#gossip.replicas(sequence),
      onEvents: (events, first) => { this.#tell(events, first) },
      onPeer: peer => { tell(this, 'peer', peer) },
      // What can't be loaded is told by ready(); what fails later has nobody else to tell.
      onFailure: (error, wasLoaded) => { if (!tell(this, 'error', error) && wasLoaded) deliver(() => this.emit('error', error)) }
    })
    registerStreams(this, this.#shell.streams)
    if (persistent) this.#shell.host.whenReady(error => { if (error === undefined) this.#loaded() })
  }

  /** This node's id. With `storage` and no id given it is known once `ready()` resolves. */
  get id (): string { return this.#gossip.id }

  /** Resolves when storage has been loaded; without storage, at once. @throws TendrilError with code STORAGE_FAILED */
  ready (): Promise<void>
  ready (callback: Callback): void
  ready (callback?: Callback): Promise<void> | void {
    return this.#shell.ready(callback)
  }

  #loaded (): void {
    this.#shell.replication.restored(this.#gossip.replica.sequence.last)
    this.#watchers.loaded()
  }

  // Reading

  /** The value of `key`; undefined if there is none. It is frozen, byte arrays are copies: set another one to change it. */
  get (key: string): Value | undefined {
    const value = this.#gossip.replica.get(key)?.value
    return value === undefined ? undefined : handOut(value)
  }

  has (key: string): boolean { return this.#gossip.replica.get(key) !== undefined }

  get size (): number { return this.#gossip.replica.size }

  * keys (): Generator<string, void, undefined> {
    for (const { key } of this.#gossip.replica.visible()) yield key
  }

  * values (): Generator<Value, void, undefined> {
    for (const { value } of this.#gossip.replica.visible()) if (value !== undefined) yield handOut(value)
  }

  * entries (): Generator<[string, Value], void, undefined> {
    for (const { key, value } of this.#gossip.replica.visible()) if (value !== undefined) yield [key, handOut(value)]
  }

  [Symbol.iterator] (): Generator<[string, Value], void, undefined> { return this.entries() }

  toJSON (): Record<string, Value> { return Object.fromEntries(this.entries()) }

  #update (key: string): Update | undefined {
    const entry = this.#gossip.replica.get(key)
    return entry === undefined ? undefined : this.#updateOf(entry)
  }

  #updateOf (entry: Entry): Update { return updateOf(entry, entry.value, entry.source === this.#gossip.replica.own) }

  * #keysUnder (prefix: string): Generator<string, void, undefined> {
    for (const key of this.keys()) if (key.startsWith(prefix)) yield key
  }

  /**
   * What is held: the version of each source up to which nothing is missing. A source is called by its node's id, older
   * epochs of it by `id@epoch`. Converged nodes have equal digests, but for sources that were silent for a day and of which
   * nothing is held: each node leaves those out in its own time.
   */
  digest (): Record<string, number> { return this.#gossip.replica.sources.digest() }

  // Writing

  /**
   * Sets `key`. An equal value, with no `ttl` on either side, is no change and causes no traffic.
   * @param options.ttl after how many milliseconds the key expires, everywhere
   * @returns the change, or the one that stands if it was none
   * @throws TypeError | RangeError with code INVALID_ARGUMENT, TendrilError with code CLOSED or STORAGE_FAILED
   */
  set (key: string, value: unknown, options: { ttl?: number } = {}): Update {
    const { maxKeyBytes, maxValueBytes } = this.#shell.streams.settings
    checkName('key', key, maxKeyBytes)
    checkObject('options', options)
    const ttl = checkTtl(options.ttl)
    const admitted = admitFor(key, value, maxValueBytes)
    this.#shell.assertOpen()
    const { entry, effects } = this.#gossip.set(key, admitted, ttl, this.#shell.host.now())
    if (effects === undefined) return this.#updateOf(entry)
    this.#shell.replication.wrote(entry.sequence)
    this.#shell.host.run(effects)
    return updateOf(entry, admitted, true)
  }

  /**
   * Removes `key`: it removes what was seen here; a `set` elsewhere that is concurrent with it survives.
   * @returns whether there was anything to remove
   * @throws TypeError | RangeError with code INVALID_ARGUMENT, TendrilError with code CLOSED or STORAGE_FAILED
   */
  delete (key: string): boolean {
    checkName('key', key, this.#shell.streams.settings.maxKeyBytes)
    this.#shell.assertOpen()
    const wasThere = this.has(key)
    const deleted = this.#gossip.delete(key, this.#shell.host.now())
    if (deleted === undefined) return false
    this.#shell.replication.wrote(deleted.entry.sequence)
    this.#shell.host.run(deleted.effects)
    return wasThere
  }

  // Following

  /**
   * Calls `listener(value | undefined, key, update)` now, for what there is, and at every change: of one key, or of all
   * keys with a prefix. For a key that is absent the first call says undefined.
   * @param options.signal stops it when aborted: the listener can so in its first calls too, which come before `watch` returns
   * @returns a function that stops it
   * @throws TypeError | RangeError with code INVALID_ARGUMENT
   */
  watch (what: string | { prefix: string }, listener: WatchListener, options: { signal?: AbortSignal } = {}): () => void {
    if (typeof listener !== 'function') throw wrongType('listener must be a function')
    if (typeof what === 'string') checkName('key', what, this.#shell.streams.settings.maxKeyBytes)
    // Read once: the object remains the user's, who may change it.
    const prefix: unknown = typeof what === 'string' ? '' : what?.prefix
    if (typeof prefix !== 'string') throw wrongType('watch takes a key, or an object with a prefix')
    return this.#watchers.add(typeof what === 'string' ? what : { prefix }, listener, this.#shell.host.eventCount, checkSignal(options))
  }

  /**
   * Resolves when `peers` distinct peers have acknowledged all that was written here so far; with storage, that means they
   * have stored it.
   * @throws TendrilError with code ABORTED (`signal`) or CLOSED
   */
  replicated (peers?: number, options?: { signal?: AbortSignal }): Promise<void>
  replicated (options: { signal?: AbortSignal }): Promise<void>
  replicated (callback: Callback): void
  replicated (peers: number, callback: Callback): void
  replicated (peers: number, options: { signal?: AbortSignal }, callback: Callback): void
  replicated (...args: unknown[]): Promise<void> | void {
    const last = typeof args.at(-1) === 'function' ? args.pop() : undefined
    // Options alone are fine as well: one peer is what is mostly meant.
    const [peers = 1, options = {}, callback = last] = typeof args[0] === 'object' ? [1, ...args] : args
    const count = checkCount('peers', peers, 0, Number.MAX_SAFE_INTEGER)
    const signal = checkSignal(options)
    return answer(() => this.#shell.replication.wait(count, signal), callback)
  }

  /** Resolves when storage holds everything that was written or taken in so far; without storage, at once. */
  flush (): Promise<void>
  flush (callback: Callback): void
  flush (callback?: Callback): Promise<void> | void {
    return this.#shell.flush(callback)
  }

  // Replicating

  /**
   * One connection's stream: `stream.pipe(socket).pipe(stream)`. From the call of `close` on, and beyond `maxStreams`, it is
   * destroyed already, with code CLOSED or TOO_MANY_STREAMS, and closes what it is piped with.
   * @throws TypeError with code INVALID_ARGUMENT
   */
  createStream (options?: StreamOptions): ReplicationStream {
    return this.#shell.streams.create(options)
  }

  /** Plain counters. */
  stats (): ModelStats {
    const { replica } = this.#gossip
    return {
      keys: replica.size,
      entries: replica.entries.length,
      deletes: replica.deletes.size,
      sources: replica.sources.log.length,
      streams: this.#shell.streams.size,
      changesWaiting: this.#shell.host.changesWaiting
    }
  }

  /** Ends its streams, flushes storage, lets the process exit. Twice is fine. */
  close (): Promise<void>
  close (callback: Callback): void
  close (callback?: Callback): Promise<void> | void {
    return this.#shell.close(callback)
  }

  // Below

  #tell (events: readonly GossipEvent[], first: number): void {
    for (const [i, event] of events.entries()) {
      if (event.kind === 'acknowledged') { this.#shell.replication.check(); continue }
      const { kind, entry, local } = event
      if (this.listenerCount(kind) === 0 && this.#watchers.isEmpty) continue
      const update = updateOf(entry, event.value, local)
      const { key, value } = update
      if (kind === 'update') tell(this, kind, key, value, update)
      else tell(this, kind, key, update)
      if (!this.#watchers.isEmpty) this.#watchers.tell(key, value, update, first + i)
    }
  }
}

export interface ModelStats {
  /** Keys with a visible value. */
  readonly keys: number
  /** Entries held: more than keys where there are siblings or delete records. */
  readonly entries: number
  readonly deletes: number
  /** Sources that are not silent for good. */
  readonly sources: number
  readonly streams: number
  /** Records that wait for storage: one that changes again meanwhile is written once. */
  readonly changesWaiting: number
}
