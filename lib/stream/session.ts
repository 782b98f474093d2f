import { Duplex } from 'readable-stream'
import { idleTimeout } from '../ground/clock.js'
import type { Clock } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import type { Hello } from '../wire/hello.js'
import { Connection, Refused } from './connection.js'
import type { ConnectionOptions } from './connection.js'
import { tell } from './deliver.js'
import type { Endpoint } from './endpoint.js'
import type { FrameLimits } from './options.js'
import { destroyPiped, Plumbing } from './plumbing.js'
import type { StreamStats } from './stats.js'

export interface SessionOptions {
  readonly endpoints: readonly Endpoint[]
  readonly clock: Clock
  readonly secret: Uint8Array | undefined
  readonly frames: FrameLimits
  readonly tail: boolean
  readonly signal: AbortSignal | undefined
  /** The hello, made when the endpoints are ready. */
  readonly hello: (binding: boolean) => Hello
}

/** How long a peer that is refused may take to hear why. */
const farewellTimeoutMs = 1_000
const highWaterMark = 65_536
/** About how much is handed to the pipe at a time. */
const chunkBytes = 8_192
const helloTimeoutMs = 10_000
/** How long a goodbye may take to be answered, and a connection to end after it. */
const goodbyeTimeoutMs = 2_000

/**
 * A connection as a stream: the Duplex that `createStream()` gives.
 *
 * It is pulled: frames are made when the pipe has room, so a stalled peer costs no memory. Whatever ends first, this
 * stream or the one piped into it, both close.
 */
export class Session extends Duplex {
  readonly watchesPipes = true
  readonly #options: SessionOptions
  #connection: Connection | undefined
  readonly #plumbing = new Plumbing({
    onLost: (cause, isPeer) => { this.#lost(cause, isPeer) },
    onTaken: () => { this.#taken() },
    onDone: () => { this.#options.clock.clearTimeout(this.#parting) }
  })

  #hasRoom = false
  #isPumping = false
  #isScheduled = false
  #isEnding = false
  /** Why the peer was refused, while it is being told. */
  #refusal: TendrilError | undefined
  readonly #timers = new Set<unknown>()
  /** The timer that ends what is piped, once this stream has closed in order. */
  #parting: unknown
  #onAbort: (() => void) | undefined

  constructor (options: SessionOptions) {
    super({ readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark, decodeStrings: true })
    this.#options = options
    // A stream nobody listens to closes instead of throwing; the reason is in `errored`.
    this.on('error', () => {})
    this.on('pipe', (source: NodeJS.ReadableStream) => { this.#takeSource(source) })
    this.once('end', () => { if (!this.#plumbing.hasSinks) this.#taken() })
    this.#follow(options.signal)
    this.#whenReady(() => { this.#schedule() })
  }

  /** Plain counters of this connection; `bytesOut` counts the hello too. */
  stats (): StreamStats {
    const { bytesIn = 0, bytesOut = 0, framesIn = 0, framesOut = 0 } = this.#connection ?? {}
    return { bytesIn, bytesOut, framesIn, framesOut, ...(this.#connection?.entries() ?? { entriesIn: 0, entriesOut: 0, duplicates: 0 }) }
  }

  /** Says goodbye and ends once the other end has answered, or has had its time to. */
  leave (): void {
    if (this.destroyed) return
    if (this.#connection === undefined) { this.destroy(); return }
    this.#connection.leave()
    // Whoever waits for this must not see the process end before.
    this.#after(goodbyeTimeoutMs, () => { this.destroy() }, { keepsProcess: true })
  }

  /** Whatever a listener throws: bytes that one of them saw reach the pipe, and the turn that pushed them goes on. */
  override emit (event: string | symbol, ...args: unknown[]): boolean { return tell(this, event, ...args) }

  // Beginning

  #whenReady (callback: () => void): void {
    let waiting = this.#options.endpoints.length
    for (const endpoint of this.#options.endpoints) {
      endpoint.whenReady(error => {
        if (this.destroyed) return
        if (error !== undefined) this.destroy(error)
        else if (--waiting === 0) callback()
      })
    }
  }

  /** The connection begins when it is first read or written: by then it is piped, and known whether it is over TLS. */
  #connect (): Connection {
    if (this.#connection !== undefined) return this.#connection
    const { endpoints, frames, secret, tail } = this.#options
    const { exporter } = this.#plumbing
    const options: ConnectionOptions = {
      hello: this.#options.hello(exporter !== undefined),
      secret,
      exporter: () => exporter?.(),
      endpoints,
      frames,
      tail,
      onWake: () => { this.#schedule() },
      onHello: ({ id, cluster, codec, channels }) => { this.emit('hello', { id, cluster, codec, channels }) },
      onSync: () => { this.emit('sync') }
    }
    this.#connection = new Connection(options)
    this.#after(helloTimeoutMs, () => {
      if (this.#connection?.peer === undefined) this.destroy(new TendrilError('PREMATURE_CLOSE', `no hello came within ${helloTimeoutMs / 1000} s`))
    })
    return this.#connection
  }

  #takeSource (source: NodeJS.ReadableStream): void {
    const isOne = this.#plumbing.takeSource(source)
    if (!isOne) this.destroy(new TendrilError('STREAM_REUSED', 'a stream serves one connection: two sources were piped into it'))
    if (this.destroyed) destroyPiped(source)
  }

  override pipe<T extends NodeJS.WritableStream> (sink: T, options?: { end?: boolean }): T {
    this.#plumbing.takeSink(sink)
    if (this.destroyed) destroyPiped(sink)
    return super.pipe(sink, options)
  }

  /** What still comes is not taken any more: it would be a write after the end. */
  override end (callback?: () => void): this
  override end (chunk: unknown, callback?: () => void): this
  override end (chunk: unknown, encoding: BufferEncoding, callback?: () => void): this
  override end (...args: unknown[]): this {
    this.#plumbing.drainSource(this)
    return super.end(...args as [])
  }

  /** What this stream is piped with has failed, or closed before its end. */
  #lost (cause: NodeJS.ErrnoException, isPeer: boolean): void {
    if (this.#refusal !== undefined || this.#connection?.isFinished === true) this.destroy()
    else this.destroy(isPeer || cause.code === 'ERR_STREAM_PREMATURE_CLOSE' ? prematureClose(cause) : cause)
  }

  /** Everything has been handed on, and the connection's end: the other end has some time to do so as well. */
  #taken (): void {
    if (this.#refusal !== undefined && this.#plumbing.sourceIsGone) this.destroy()
    else this.#after(goodbyeTimeoutMs, () => { this.destroy(this.#connection?.isFinished === true ? undefined : prematureClose()) })
  }

  #follow (signal: AbortSignal | undefined): void {
    if (signal === undefined) return
    this.#onAbort = () => {
      const error = new TendrilError('ABORTED', 'the stream was aborted', { cause: signal.reason })
      error.name = 'AbortError'
      this.destroy(error)
    }
    if (signal.aborted) this.#onAbort()
    else signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  // In

  override _write (chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#whenReady(() => {
      try {
        if (this.#refusal === undefined) this.#connect().receive(chunk)
      } catch (error) {
        this.#refuse(error, isPutOut(error) ? new TendrilError('PREMATURE_CLOSE', `turned away: ${error.message}`) : error)
      }
      this.#whenRoomy(done)
    })
  }

  /** Takes the next chunk only when every structure has room for what it may bring. */
  #whenRoomy (done: () => void): void {
    let waiting = this.#options.endpoints.length
    for (const endpoint of this.#options.endpoints) endpoint.whenRoomy(() => { if (--waiting === 0) done() })
  }

  override _final (done: (error?: Error | null) => void): void {
    const connection = this.#connection
    connection?.end()
    const cutOff = this.#plumbing.sourceHasEnded && connection?.peerHasLeft !== true && connection?.isFinished !== true
    if (this.#refusal !== undefined || cutOff) {
      done(this.#refusal ?? prematureClose())
      return
    }
    done()
    if (!this.#plumbing.takesMore) queueMicrotask(() => { this.destroy() })
    else if (connection === undefined) this.push(null)
    else connection.leave()
  }

  /**
   * Tells the peer why, and closes once the pipe has taken that and the other end has closed, or has had its time to; with
   * an error of its own, where the one that the peer is told is about the peer alone.
   */
  #refuse (cause: unknown, own = cause): void {
    if (this.destroyed || this.#refusal !== undefined) return
    const error = refusal(cause)
    this.#refusal = refusal(own)
    const farewell = error instanceof Refused ? [] : this.#connection?.refuse(error.code, error.message) ?? []
    this.#connection?.close()
    const isRead = this.readableFlowing !== null && !this.#isEnding && !(error instanceof Refused)
    this.#isEnding = true
    for (const bytes of farewell) this.push(bytes)
    if (!isRead) { queueMicrotask(() => { this.destroy() }); return }
    this.push(null)
    this.#after(farewellTimeoutMs, () => { this.destroy() })
  }

  /** The structure refuses this peer, or can't go on. */
  refuse (code: ErrorCode, message: string, cause?: unknown): void {
    this.#refuse(new TendrilError(code, message, { cause }))
  }

  /** The structure can't go on, for a reason that is nothing to a peer; one that was not met yet still gets the hello. */
  abandon (error: TendrilError): void {
    if (this.#connection?.peer === undefined) this.#refuse(error)
    else this.destroy(error)
  }

  // Out

  override _read (): void {
    this.#hasRoom = true
    this.#whenReady(() => { this.#pump() })
  }

  /** At the end of this turn of the event loop: many small changes then share a frame. */
  #schedule (): void {
    if (this.#isScheduled || !this.#hasRoom) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  #pump (): void {
    if (this.#isPumping || this.destroyed || this.#isEnding) return
    this.#isPumping = true
    const connection = this.#connect()
    while (this.#hasRoom && !this.destroyed) {
      const bytes = pullChunk(connection)
      if (bytes === undefined) break
      this.#hasRoom = this.push(bytes)
    }
    this.#isPumping = false
    if (connection.isFinished) this.#finish()
  }

  /** Both ends have said goodbye: this one ends the connection, and what is piped in ends when the other one has. */
  #finish (): void {
    if (this.#isEnding || this.destroyed) return
    this.#isEnding = true
    this.push(null)
    if (!this.#plumbing.hasSource && !this.writableEnded) this.end()
  }

  // End

  #after (ms: number, callback: () => void, { keepsProcess = false } = {}): void {
    if (this.destroyed) return
    const { clock } = this.#options
    const fire = (): void => {
      this.#timers.delete(handle)
      if (!this.destroyed) callback()
    }
    const handle = keepsProcess ? clock.setTimeout(fire, ms) : idleTimeout(clock, fire, ms)
    this.#timers.add(handle)
  }

  /** Whether all has been said at both ends, and handed on. */
  get #isWhole (): boolean { return this.#connection?.isFinished === true && this.readableEnded && this.writableFinished }

  /** Node's `pipeline(socket, stream, socket)` destroys a stream that has just ended in order, and calls that an error. */
  override destroy (error?: Error | null): this {
    const isOver = this.#isWhole && error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_DESTROYED'
    return super.destroy(isOver ? undefined : error ?? undefined)
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    for (const handle of this.#timers) this.#options.clock.clearTimeout(handle)
    if (this.#onAbort !== undefined) this.#options.signal?.removeEventListener('abort', this.#onAbort)
    const reason = error ?? this.#refusal ?? null
    const isWhole = reason === null && this.#isWhole
    this.#connection?.close()
    if (!isWhole) this.#plumbing.destroyAll()
    else if (!this.#plumbing.isDone) this.#parting = idleTimeout(this.#options.clock, () => { this.#plumbing.destroyAll() }, goodbyeTimeoutMs)
    done(reason)
  }
}

/** Small frames go together: an update, its mark and an acknowledgement are one write to the socket, not three. */
function pullChunk (connection: Connection): Buffer | undefined {
  const first = connection.pull()
  if (first === undefined || first.length >= chunkBytes) return first
  const frames = [first]
  let length = first.length
  while (length < chunkBytes) {
    const frame = connection.pull()
    if (frame === undefined) break
    frames.push(frame)
    length += frame.length
  }
  return frames.length === 1 ? first : Buffer.concat(frames, length)
}

function refusal (cause: unknown): TendrilError {
  return cause instanceof TendrilError ? cause : new TendrilError('BAD_FRAME', 'a frame could not be taken in', { cause })
}

/** Whether it is the peer that was put out, and learns of it here. */
function isPutOut (error: unknown): error is TendrilError {
  return error instanceof TendrilError && error.code === 'EVICTED' && !(error instanceof Refused)
}

function prematureClose (cause?: unknown): TendrilError {
  return new TendrilError('PREMATURE_CLOSE', 'the connection closed without a goodbye', { cause })
}
