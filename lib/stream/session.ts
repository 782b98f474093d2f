import { Duplex, finished } from 'readable-stream'
import type { Clock } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import type { Hello } from '../wire/hello.js'
import { Connection, Refused } from './connection.js'
import type { ConnectionOptions } from './connection.js'
import { deliver } from './deliver.js'
import type { Endpoint } from './endpoint.js'
import type { FrameLimits } from './options.js'
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

const highWaterMark = 65_536
/** About how much is handed to the pipe at a time. */
const chunkBytes = 8_192
const helloTimeoutMs = 10_000
/** How long a goodbye may take to be answered. */
const goodbyeTimeoutMs = 2_000

/** A stream that was piped into a session, with what TLS adds to one. */
type Piped = NodeJS.ReadableStream & {
  destroy?: () => void
  readableEnded?: boolean
  exportKeyingMaterial?: (length: number, label: string, context: Buffer) => Buffer
}

/**
 * A connection as a stream: the Duplex that `createStream()` gives.
 *
 * It is pulled: frames are made when the pipe has room, so a stalled peer costs no memory. Whatever ends first, this
 * stream or the one piped into it, both close.
 */
export class Session extends Duplex {
  readonly #options: SessionOptions
  #connection: Connection | undefined
  #source: Piped | undefined
  readonly #sinks = new Set<NodeJS.WritableStream>()
  #hasRoom = false
  #isPumping = false
  #isScheduled = false
  #isEnding = false
  readonly #timers = new Set<unknown>()
  #onAbort: (() => void) | undefined

  constructor (options: SessionOptions) {
    super({ readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark, decodeStrings: true })
    this.#options = options
    // A stream nobody listens to closes instead of throwing; the reason is in `errored`.
    this.on('error', () => {})
    this.on('pipe', source => { this.#takeSource(source as Piped) })
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
    this.#after(goodbyeTimeoutMs, () => { this.destroy() })
  }

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
    const exporter = this.#source?.exportKeyingMaterial?.bind(this.#source)
    const options: ConnectionOptions = {
      hello: this.#options.hello(exporter !== undefined),
      secret,
      exporter: () => exporter?.(32, 'EXPORTER-tendril', Buffer.alloc(0)),
      endpoints,
      frames,
      tail,
      onWake: () => { this.#schedule() },
      onHello: ({ id, cluster, codec, channels }) => { deliver(() => this.emit('hello', { id, cluster, codec, channels })) },
      onSync: () => { deliver(() => this.emit('sync')) }
    }
    this.#connection = new Connection(options)
    this.#after(helloTimeoutMs, () => {
      if (this.#connection?.peer === undefined) this.destroy(new TendrilError('PREMATURE_CLOSE', `no hello came within ${helloTimeoutMs / 1000} s`))
    })
    return this.#connection
  }

  #takeSource (source: Piped): void {
    if (this.#source !== undefined && this.#source !== source) {
      this.destroy(new TendrilError('STREAM_REUSED', 'a stream serves one connection: two sources were piped into it'))
      return
    }
    this.#source = source
    finished(source, { writable: false }, error => { if (error) this.#lost(error) })
  }

  override pipe<T extends NodeJS.WritableStream> (sink: T, options?: { end?: boolean }): T {
    this.#sinks.add(sink)
    finished(sink, { readable: false }, error => { if (error) this.#lost(error) })
    return super.pipe(sink, options)
  }

  /** What this stream is piped with has failed, or closed before its end. */
  #lost (cause: NodeJS.ErrnoException): void {
    if (this.destroyed || this.#connection?.isFinished === true) return
    this.destroy(cause.code === 'ERR_STREAM_PREMATURE_CLOSE' ? prematureClose(cause) : cause)
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
        this.#connect().receive(chunk)
      } catch (error) {
        this.#refuse(error)
        return
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
    const cutOff = this.#source?.readableEnded === true && connection?.peerHasLeft !== true
    if (cutOff && connection?.isFinished !== true) {
      done(prematureClose())
      return
    }
    done()
    if (connection === undefined) this.push(null)
    else connection.leave()
  }

  /** Tells the peer why, as far as the pipe takes it at once, and closes. */
  #refuse (cause: unknown): void {
    const error = cause instanceof TendrilError ? cause : new TendrilError('BAD_FRAME', 'a frame could not be taken in', { cause })
    if (this.destroyed) return
    const farewell = error instanceof Refused ? [] : this.#connection?.refuse(error.code, error.message) ?? []
    for (const bytes of farewell) this.push(bytes)
    queueMicrotask(() => { this.destroy(error) })
  }

  /** The structure refuses this peer, or can't go on. */
  refuse (code: ErrorCode, message: string, cause?: unknown): void {
    this.#refuse(new TendrilError(code, message, { cause }))
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

  /** Both ends have said goodbye. */
  #finish (): void {
    if (this.#isEnding || this.destroyed) return
    this.#isEnding = true
    this.push(null)
    if (!this.writableEnded) this.end()
  }

  // End

  #after (ms: number, callback: () => void): void {
    const handle = this.#options.clock.setTimeout(() => {
      this.#timers.delete(handle)
      if (!this.destroyed) callback()
    }, ms)
    this.#timers.add(handle)
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    for (const handle of this.#timers) this.#options.clock.clearTimeout(handle)
    if (this.#onAbort !== undefined) this.#options.signal?.removeEventListener('abort', this.#onAbort)
    const isClean = error === null && this.#connection?.isFinished === true
    this.#connection?.close()
    if (!isClean) this.#destroyPiped()
    done(error)
  }

  #destroyPiped (): void {
    this.#source?.destroy?.()
    for (const sink of this.#sinks) {
      if (sink !== process.stdout && sink !== process.stderr) (sink as NodeJS.WritableStream & { destroy?: () => void }).destroy?.()
    }
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

function prematureClose (cause?: unknown): TendrilError {
  return new TendrilError('PREMATURE_CLOSE', 'the connection closed without a goodbye', { cause })
}
