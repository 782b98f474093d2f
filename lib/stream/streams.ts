import type { Duplex } from 'node:stream'
import { randomBytes } from 'node:crypto'
import { outOfRange, TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import { encodeHello } from '../wire/hello.js'
import type { Hello, HelloChannel } from '../wire/hello.js'
import type { Endpoint } from './endpoint.js'
import { checkStreamOptions } from './options.js'
import type { Settings, StreamOptions } from './options.js'
import { Session } from './session.js'
import type { StreamStats } from './stats.js'

/** What the other end said of itself. */
export interface PeerHello {
  readonly id: string
  readonly cluster: string
  readonly codec: 'msgpack' | 'ndjson'
  readonly channels: readonly HelloChannel[]
}

/**
 * One connection, as a byte-mode Duplex. Beside a stream's usual events it emits `'hello'` once the other end has said
 * who it is, and once, `'sync'`, when both ends hold what the other had when they met.
 */
export type ReplicationStream = StreamEvents & Duplex

interface StreamEvents {
  /** Plain counters of this connection; `bytesOut` counts the hello too. */
  stats: () => StreamStats
  on: StreamListening
  once: StreamListening
  /** Why the stream has closed: a TendrilError, or what the connection's own stream failed with. */
  readonly errored: NodeJS.ErrnoException | null
}

interface StreamListening {
  (event: 'hello', listener: (hello: PeerHello) => void): ReplicationStream
  (event: 'sync', listener: () => void): ReplicationStream
  (event: 'error', listener: (error: NodeJS.ErrnoException) => void): ReplicationStream
}

/**
 * The streams of one structure, or of a bundle: makes them, counts them, ends them. All its structures belong to one node.
 */
export class Streams {
  readonly #endpoints: readonly Endpoint[]
  readonly #settings: Settings
  readonly #instance = token()
  readonly #open = new Set<Session>()
  #isClosed = false
  #abandoned: TendrilError | undefined
  #whenEmpty: (() => void) | undefined

  constructor (endpoints: readonly Endpoint[], settings: Settings) {
    this.#endpoints = endpoints
    this.#settings = settings
  }

  get endpoints (): readonly Endpoint[] { return this.#endpoints }
  get settings (): Settings { return this.#settings }
  get size (): number { return this.#open.size }

  /**
   * A stream that also counts as one of the `sharers`: what a bundle is made of. One that there is no place for is
   * destroyed already: a server's listener, which has a connection on its hands, then closes that by piping it.
   * @throws TypeError with code INVALID_ARGUMENT
   */
  create (options: StreamOptions = {}, sharers: readonly Streams[] = [this]): ReplicationStream {
    const { codec, readable, writable, tail, signal } = checkStreamOptions(options)
    const { clock, secret, frames } = this.#settings
    const session = new Session({
      endpoints: this.#endpoints,
      clock,
      secret,
      frames,
      tail,
      signal,
      hello: binding => this.#hello({ codec, sends: readable, receives: writable, binding })
    })
    const refusal = sharers.map(streams => streams.#refusal()).find(error => error !== undefined)
    if (refusal !== undefined) session.destroy(refusal)
    else for (const streams of sharers) streams.#add(session)
    return session
  }

  #refusal (): TendrilError | undefined {
    const { maxStreams } = this.#settings
    if (this.#isClosed) return new TendrilError('CLOSED', 'a closed structure has no streams')
    if (this.#abandoned !== undefined) return this.#abandoned
    if (this.size >= maxStreams) return new TendrilError('TOO_MANY_STREAMS', `${maxStreams} streams are open already`)
    return undefined
  }

  #add (session: Session): void {
    this.#open.add(session)
    // Before the user's own listeners of 'close', of which one may throw.
    session.once('close', () => {
      this.#open.delete(session)
      if (this.#open.size === 0) this.#whenEmpty?.()
    })
  }

  /** @throws RangeError with code INVALID_ARGUMENT for more structures, or longer names, than a hello can tell */
  checkHello (): void {
    encodeHello(this.#hello({ codec: 'msgpack', sends: true, receives: true, binding: true }))
  }

  #hello (own: Pick<Hello, 'codec' | 'sends' | 'receives' | 'binding'>): Hello {
    const ids = new Set(this.#endpoints.map(({ id }) => id))
    const [id = ''] = ids
    if (ids.size !== 1) throw outOfRange('structures of one bundle share one id')
    return {
      id,
      cluster: this.#settings.cluster,
      instance: this.#instance,
      nonce: token(),
      channels: this.#endpoints.map(({ name, kind, epoch }) => ({ name, kind, epoch })),
      auth: this.#settings.secret !== undefined,
      ...own
    }
  }

  /** Destroys all streams, and tells the other ends why. */
  refuse (code: ErrorCode, message: string, cause?: unknown): void {
    for (const session of this.#open) session.refuse(code, message, cause)
  }

  /** Destroys all streams, also those that are still to be made: whatever the error is, it is this end's own. */
  abandon (error: TendrilError): void {
    this.#abandoned = error
    for (const session of this.#open) session.abandon(error)
  }

  /** No more streams are made. */
  stop (): void { this.#isClosed = true }

  /** Says goodbye on all streams and calls back once they have closed. No more are made. */
  close (done: () => void): void {
    this.stop()
    if (this.#open.size === 0) { done(); return }
    this.#whenEmpty = done
    for (const session of this.#open) session.leave()
  }
}

/** 16 characters, 96 random bits: nobody else will draw them. */
function token (): string { return randomBytes(12).toString('base64url') }
