import { idleTimeout, longestTimeoutMs, readClock } from '../ground/clock.js'
import type { Clock, Now } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import type { Change, Core, Effects, Link, Message, Peer, Traffic } from '../core.js'
import type { Records } from '../storage/records.js'
import { deliver } from './deliver.js'
import type { Endpoint } from './endpoint.js'

export interface HostOptions<Event> {
  readonly name: string
  readonly kind: string
  readonly clock: Clock
  /** Without it, state lives in memory. */
  readonly records: Records | undefined
  /** Whether each batch is to survive a loss of power too. */
  readonly durable: boolean
  /** Told once for each run of effects, after they are applied; `first` is the number of the first of these events. */
  readonly onEvents: (events: readonly Event[], first: number) => void
  /** A link to this peer opened. */
  readonly onPeer: (id: string) => void
  /** Storage failed: from now on nothing is accepted. */
  readonly onFailure: (error: TendrilError, wasLoaded: boolean) => void
}

/** A core that a host can run: it knows whose it is. */
export interface HostedCore<Event> extends Core<Event> {
  readonly id: string
  readonly epoch: string
}

/** Beyond so many changes waiting for storage, peers are not read from until it has caught up. */
const maxChangesWaiting = 20_000

/**
 * Runs one core: hands it time, messages and what became durable, and carries out its effects in order. It holds the only
 * timer, and the only write that is under way: what changes meanwhile is gathered into the next one (group commit).
 */
export class Host<Event> implements Endpoint {
  readonly #core: HostedCore<Event>
  readonly #options: HostOptions<Event>
  readonly #wakes = new Map<Link, () => void>()
  #nextLink = 1
  #phase: 'loading' | 'open' | 'failed' | 'closed'
  #failure: Error | undefined
  #readers: Array<(error: Error | undefined) => void> = []
  /** The changes of the next batch: the last one of each record, however often that has changed. */
  #waiting = new Map<string, Change>()
  #waitingSequence = 0
  #isWriting = false
  /** The write under way has begun, but has not taken its batch: what is changed now is still in it. */
  #isTaking = false
  #hasWritten = false
  /** The number of the last write that was begun. */
  #writes = 0
  /** Who waits for which write. */
  #onFlushed: Array<{ write: number, callback: () => void }> = []
  #onRoom: Array<() => void> = []
  #events: Event[] = []
  #eventsTold = 0
  #isTelling = false
  #timer: { handle: unknown, at: number } | undefined

  constructor (core: HostedCore<Event>, options: HostOptions<Event>) {
    this.#core = core
    this.#options = options
    this.#phase = options.records === undefined ? 'open' : 'loading'
    options.records?.load((error, records) => {
      if (this.#phase !== 'loading') return
      if (error !== undefined) { this.#fail(error); return }
      try {
        const effects = core.restore(records, this.now())
        this.#phase = 'open'
        this.run(effects)
        this.#tellReaders()
      } catch (cause) {
        this.#fail(cause)
      }
    })
  }

  get name (): string { return this.#options.name }
  get kind (): string { return this.#options.kind }
  get id (): string { return this.#core.id }
  get epoch (): string { return this.#core.epoch }
  get changesWaiting (): number { return this.#waiting.size }
  /** How many events there were so far, those that are still to be told among them. */
  get eventCount (): number { return this.#eventsTold + this.#events.length }

  now (): Now { return readClock(this.#options.clock) }

  /** @throws TendrilError CLOSED or STORAGE_FAILED where nothing is accepted any more */
  assertOpen (): void {
    if (this.#phase === 'closed') throw new TendrilError('CLOSED', `${this.kind} '${this.name}' is closed`)
    if (this.#failure !== undefined) throw this.#failure
  }

  whenReady (callback: (error: Error | undefined) => void): void {
    if (this.#phase === 'loading') this.#readers.push(callback)
    else callback(this.#failure)
  }

  whenRoomy (callback: () => void): void {
    if (this.#waiting.size < maxChangesWaiting) callback()
    else this.#onRoom.push(callback)
  }

  // The core's effects

  /** Carries out effects: changes to storage, events to the user, wakes to links, the timer last. */
  run (effects: Effects<Event>): void {
    if (effects.changes.length > 0) this.#persist(effects.changes, effects.sequence)
    for (const link of effects.wake) this.#wakes.get(link)?.()
    this.#setTimer()
    if (effects.events.length > 0) this.#tell(effects.events)
  }

  /** Tells events in order, also those that come of telling them. */
  #tell (events: readonly Event[]): void {
    for (const event of events) this.#events.push(event)
    if (this.#isTelling) return
    this.#isTelling = true
    try {
      while (this.#events.length > 0) {
        const told = this.#events
        const first = this.#eventsTold
        this.#events = []
        this.#eventsTold += told.length
        this.#options.onEvents(told, first)
      }
    } finally {
      this.#isTelling = false
    }
  }

  #setTimer (): void {
    // Also when storage has failed: what is read is still right, as long as it is read.
    const deadline = this.#phase === 'open' || this.#phase === 'failed' ? this.#core.deadline() : undefined
    if (deadline === undefined || (this.#timer !== undefined && this.#timer.at <= deadline)) return
    this.#clearTimer()
    const { clock } = this.#options
    const now = clock.monotonic()
    // A deadline that is too far for one timer takes several.
    const at = Math.min(deadline, now + longestTimeoutMs)
    const handle = idleTimeout(clock, () => {
      this.#timer = undefined
      this.run(this.#core.tick(this.now()))
    }, Math.max(0, Math.ceil(at - now)))
    this.#timer = { handle, at }
  }

  #clearTimer (): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer.handle)
    this.#timer = undefined
  }

  // Storage

  #persist (changes: readonly Change[], sequence: number): void {
    if (this.#phase !== 'open' || this.#options.records === undefined) return
    for (const change of changes) this.#waiting.set(change.key, change)
    this.#waitingSequence = sequence
    if (!this.#isWriting) this.#write(this.#options.records)
  }

  #write (records: Records): void {
    this.#isWriting = true
    this.#isTaking = true
    const write = ++this.#writes
    // The first batch takes back that the state is whole. If a loss of power took that alone, old state would pass for it.
    const sync = this.#options.durable || !this.#hasWritten
    this.#hasWritten = true
    let sequence = 0
    const take = (): Change[] => {
      const batch = [...this.#waiting.values()]
      sequence = this.#waitingSequence
      this.#waiting.clear()
      this.#isTaking = false
      return batch
    }
    records.write(take, sync, error => {
      this.#isWriting = false
      if (error !== undefined) { this.#fail(error); return }
      if (this.#waiting.size > 0) this.#write(records)
      this.run(this.#core.persisted(sequence, this.now()))
      this.#noticeRoom()
      this.#noticeFlushed(write)
    })
  }

  #noticeRoom (): void {
    if (this.#waiting.size < maxChangesWaiting) for (const callback of this.#onRoom.splice(0)) deliver(callback)
  }

  /** All writes up to this one are done: those who waited for them are called, or all where none is under way. */
  #noticeFlushed (write: number): void {
    for (const flush of this.#onFlushed.splice(0)) {
      if (flush.write <= write || !this.#isWriting) deliver(flush.callback)
      else this.#onFlushed.push(flush)
    }
  }

  /** Calls back once all that was changed so far is in storage, or never will be: after the write under way and the next. */
  whenFlushed (callback: () => void): void {
    this.whenReady(() => {
      if (this.#isWriting) this.#onFlushed.push({ write: this.#waiting.size > 0 && !this.#isTaking ? this.#writes + 1 : this.#writes, callback })
      else callback()
    })
  }

  #fail (cause: unknown): void {
    if (this.#phase === 'failed' || this.#phase === 'closed') return
    const wasLoaded = this.#phase === 'open'
    const error = cause instanceof TendrilError ? cause : new TendrilError('STORAGE_FAILED', 'storage failed', { cause })
    this.#phase = 'failed'
    this.#failure = error
    this.#setTimer()
    this.#tellReaders()
    this.#noticeRoom()
    this.#noticeFlushed(this.#writes)
    this.#options.onFailure(error, wasLoaded)
  }

  #tellReaders (): void {
    for (const callback of this.#readers.splice(0)) deliver(() => { callback(this.#failure) })
  }

  /** Writes what is left, marks the state as whole, and closes storage. Links must be closed before. */
  shut (done: (error: Error | undefined) => void): void {
    const { records } = this.#options
    if (this.#phase === 'closed') { done(undefined); return }
    this.#clearTimer()
    this.whenFlushed(() => {
      if (this.#isWriting) { this.shut(done); return }
      this.#clearTimer()
      const failed = this.#phase === 'failed'
      const { changes } = this.#core.seal()
      this.#phase = 'closed'
      if (records === undefined) done(undefined)
      else if (failed) records.close(() => { done(undefined) })
      else records.write(() => changes, true, error => { records.close(closing => { done(error ?? closing) }) })
    })
  }

  // A channel's end

  open (peer: Peer, wake: () => void): Link {
    this.assertOpen()
    const link = this.#nextLink++
    const effects = this.#core.open(link, peer, this.now())
    this.#wakes.set(link, wake)
    this.run(effects)
    this.#options.onPeer(peer.id)
    return link
  }

  receive (link: Link, message: Message): void {
    this.assertOpen()
    this.run(this.#core.receive(link, message, this.now()))
  }

  heard (link: Link): void {
    if (this.#core.heard === undefined || this.#phase !== 'open') return
    const effects = this.#core.heard(link, this.now())
    if (effects !== undefined) this.run(effects)
  }

  refused (link: Link, code: ErrorCode): void {
    if (this.#phase === 'open' && this.#core.refused !== undefined) this.run(this.#core.refused(link, code, this.now()))
  }

  namesake (epoch: string): boolean {
    if (this.#phase !== 'open' || this.#core.namesake === undefined) return false
    const { isOutlived, effects } = this.#core.namesake(epoch, this.now())
    this.run(effects)
    return isOutlived
  }

  pull (link: Link, maxBytes: number): Message | undefined {
    if (this.#phase !== 'open') return undefined
    return this.#core.pull(link, maxBytes, this.now())
  }

  close (link: Link): void {
    this.#wakes.delete(link)
    this.run(this.#core.close(link, this.now()))
  }

  isSynced (link: Link, hasLeft: boolean): boolean { return this.#core.isSynced(link, hasLeft) }

  traffic (link: Link): Traffic { return this.#core.traffic(link) }
}
