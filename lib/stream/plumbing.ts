import { finished } from 'readable-stream'

/** A stream that is piped into a session or out of it, with what TLS adds to one. */
type Piped = (NodeJS.ReadableStream | NodeJS.WritableStream) & {
  unpipe?: (sink: NodeJS.WritableStream) => void
  resume?: () => void
  destroy?: () => void
  readonly readable?: boolean
  /** Streams of readable-stream 3 and older do not have it: duplexify's, say. */
  readonly readableEnded?: boolean
  readonly destroyed?: boolean
  /** It watches what it is piped with by itself, and gives a reason of its own. */
  readonly watchesPipes?: boolean
  readonly exportKeyingMaterial?: (length: number, label: string, context: Buffer) => Buffer
}

export interface PlumbingOptions {
  /** Something has failed, or closed before its end; `isPeer`: it was the connection's other end itself. */
  readonly onLost: (cause: NodeJS.ErrnoException, isPeer: boolean) => void
  /** What is piped out of the session has taken everything, and was ended. */
  readonly onTaken: () => void
  /** Everything piped has come to its end. */
  readonly onDone: () => void
}

/**
 * What a session is piped with. `a.pipe(b)` alone tells neither end of the other's failure: here that is watched, and
 * whatever is left when the session ends is closed.
 */
export class Plumbing {
  readonly #options: PlumbingOptions
  #source: Piped | undefined
  /** Ends the watch over the source, where that has one of its own. */
  #unwatchSource: (() => void) | undefined
  readonly #sinks = new Set<Piped>()
  /** Those that have not taken everything yet. */
  readonly #taking = new Set<Piped>()

  constructor (options: PlumbingOptions) {
    this.#options = options
  }

  get hasSource (): boolean { return this.#source !== undefined }
  /** Whether what the session gives goes into a pipe. */
  get hasSinks (): boolean { return this.#sinks.size > 0 }
  /** Whether what is piped in has come to its end by itself. */
  get sourceHasEnded (): boolean { return this.#source !== undefined && (this.#source.readableEnded ?? this.#source.readable === false) }
  /** Whether nothing will come any more, one way or another. */
  get sourceIsGone (): boolean { return this.#source === undefined || this.sourceHasEnded || this.#source.destroyed === true }

  /** Whether what the session still has to give may reach anyone. */
  get takesMore (): boolean { return this.#taking.size > 0 || !this.hasSinks }
  /** Whether everything piped has come to its end. */
  get isDone (): boolean { return this.sourceIsGone && this.#taking.size === 0 }

  /** TLS's keying material of the connection, where it is piped in. */
  get exporter (): (() => Uint8Array) | undefined {
    const exporter = this.#source?.exportKeyingMaterial?.bind(this.#source)
    return exporter && (() => exporter(32, 'EXPORTER-tendril', Buffer.alloc(0)))
  }

  /** @returns false for a second source: a session serves one connection */
  takeSource (source: Piped): boolean {
    if (this.#source === source) return true
    if (this.#source !== undefined) return false
    this.#source = source
    if (!this.#taking.has(source)) this.#watchSource(source)
    return true
  }

  #watchSource (source: Piped): void {
    this.#unwatchSource = finished(source, { writable: false }, error => {
      if (error) this.#options.onLost(error, source.watchesPipes === true)
      if (this.isDone) this.#options.onDone()
    })
  }

  takeSink (sink: Piped): void {
    if (this.#sinks.has(sink)) return
    this.#sinks.add(sink)
    this.#taking.add(sink)
    // One watch at a time over a socket, which is both: with two, and those of `pipeline`, Node would warn of a leak.
    if (sink === this.#source) this.#unwatchSource?.()
    finished(sink, { readable: false }, error => {
      this.#taking.delete(sink)
      if (error) this.#options.onLost(error, sink.watchesPipes === true)
      else if (this.#taking.size === 0) this.#options.onTaken()
      if (sink === this.#source) this.#watchSource(sink)
      if (this.isDone) this.#options.onDone()
    })
  }

  /** The session takes no more: what still comes is let go, so that the source gets to its end. */
  drainSource (session: NodeJS.WritableStream): void {
    this.#source?.unpipe?.(session)
    this.#source?.resume?.()
  }

  destroyAll (): void {
    if (this.#source !== undefined) destroyPiped(this.#source)
    this.#sinks.forEach(destroyPiped)
  }
}

/** Standard output outlives any connection, and another session sees by itself what it has lost. */
export function destroyPiped (stream: Piped): void {
  if (stream !== process.stdout && stream !== process.stderr && stream.watchesPipes !== true) stream.destroy?.()
}
