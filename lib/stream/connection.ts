import type { Link, Traffic } from '../core.js'
import { isErrorCode, TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import { encodeFrame } from '../wire/codec.js'
import { FrameReader } from '../wire/frames.js'
import { Handshake } from '../wire/handshake.js'
import type { Met } from '../wire/handshake.js'
import type { Hello } from '../wire/hello.js'
import type { Endpoint } from './endpoint.js'
import type { FrameLimits } from './options.js'

export interface ConnectionOptions {
  readonly hello: Hello
  readonly secret: Uint8Array | undefined
  /** The TLS session's keying material, where there is TLS. */
  readonly exporter: () => Uint8Array | undefined
  readonly endpoints: readonly Endpoint[]
  readonly frames: FrameLimits
  /** False: leave once both ends hold what the other had. */
  readonly tail: boolean
  /** There is something to pull again. */
  readonly onWake: () => void
  readonly onHello: (hello: Hello) => void
  readonly onSync: () => void
}

/** Channel 0 is the connection's own. */
const control = { channel: 0, heartbeat: 1, goodbye: 2 } as const

/**
 * One connection's protocol, without I/O: bytes in, bytes out, an end. `session.ts` puts a stream around it, the
 * simulator a link of its own.
 *
 * | frame | says |
 * |---|---|
 * | `[0, 1]` heartbeat | I am here |
 * | `[0, 2, code, text]` goodbye | I send nothing after this; why, where it is for a failure |
 * | `[n, type, ...]` | a message of the sender's n-th channel |
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #handshake: Handshake
  #frames: FrameReader | undefined
  #peer: Hello | undefined
  /** Channels that both ends have, in this end's order. */
  readonly #channels: Channel[] = []
  /** The same by the number that the peer gives them. */
  readonly #incoming = new Map<number, Channel>()
  #next = 0
  #hasSynced = false
  #leaves = false
  #hasLeft = false
  #peerLeft = false
  #inputEnded = false
  #isClosed = false
  #sum: Traffic | undefined
  bytesIn = 0
  bytesOut = 0
  framesIn = 0
  framesOut = 0

  /** All endpoints must be ready. */
  constructor (options: ConnectionOptions) {
    this.#options = options
    this.#handshake = new Handshake(options.hello, options.secret, options.exporter)
  }

  /** Whether nothing more will be sent. */
  get isFinished (): boolean { return this.#hasLeft && (this.#peerLeft || this.#inputEnded) }
  /** Whether the peer has said goodbye: an end of input after this is a clean one. */
  get peerHasLeft (): boolean { return this.#peerLeft }
  get peer (): Hello | undefined { return this.#peer }

  // In

  /** @throws TendrilError when the peer is to be refused */
  receive (chunk: Uint8Array): void {
    this.bytesIn += chunk.length
    if (this.#isClosed || this.#peerLeft) return
    if (this.#frames === undefined) this.#shakeHands(chunk)
    else this.#frames.push(chunk)
    for (const { endpoint, link } of this.#channels) endpoint.heard?.(link)
    this.#readFrames()
    this.#noticeSync()
  }

  #shakeHands (chunk: Uint8Array): void {
    const met = this.#meet(chunk)
    this.#options.onWake()
    if (met === undefined) return
    this.#peer = met.hello
    const { codec } = met.hello
    const { maxBytes, maxLineBytes } = this.#options.frames
    this.#frames = new FrameReader(codec, codec === 'ndjson' ? maxLineBytes : maxBytes)
    this.#pairChannels(met.hello)
    if (this.#isClosed) return
    this.#frames.push(met.rest)
    this.#options.onHello(met.hello)
  }

  /** @throws TendrilError when the peer is to be refused; structures are told of a namesake's of theirs before */
  #meet (chunk: Uint8Array): Met | undefined {
    try {
      return this.#handshake.push(chunk)
    } catch (error) {
      const { peer } = this.#handshake
      const isNamesake = peer !== undefined && error instanceof TendrilError && error.code === 'DUPLICATE_ID'
      if (!isNamesake || !this.#outlives(peer)) throw error
      throw new TendrilError('PREMATURE_CLOSE', `${error.message}: its life is the lesser, and it was turned away`)
    }
  }

  /** Whether those who tell two holders of one id apart all say that it is the peer that is to stop. */
  #outlives (peer: Hello): boolean {
    const verdicts = this.#options.endpoints.flatMap(endpoint => {
      const epoch = peer.channels[channelOf(endpoint, peer)]?.epoch
      return epoch === undefined || endpoint.namesake === undefined ? [] : [endpoint.namesake(epoch)]
    })
    return verdicts.length > 0 && !verdicts.includes(false)
  }

  /** Channels pair by name and kind; one that the other end lacks stays idle. */
  #pairChannels (peer: Hello): void {
    const { endpoints, hello, onWake } = this.#options
    for (const [i, endpoint] of endpoints.entries()) {
      const theirs = channelOf(endpoint, peer)
      const found = peer.channels[theirs]
      if (found === undefined) continue
      const sends = hello.sends && peer.receives
      const receives = hello.receives && peer.sends
      const link = endpoint.open({ id: peer.id, epoch: found.epoch, sends, receives }, onWake)
      // Whoever was told of the peer may have closed this connection, which did not know of the link yet.
      if (this.#isClosed) { endpoint.close(link); return }
      const channel = { number: i + 1, endpoint, link }
      this.#channels.push(channel)
      this.#incoming.set(theirs + 1, channel)
    }
  }

  #readFrames (): void {
    if (this.#frames === undefined) return
    while (!this.#isClosed && !this.#peerLeft) {
      const frame = this.#frames.next()
      if (frame === undefined) return
      this.framesIn++
      const [number, ...message] = frame
      if (number === control.channel) this.#control(message)
      else this.#toChannel(number as number, message)
    }
  }

  #toChannel (number: number, message: unknown[]): void {
    const channel = this.#incoming.get(number)
    if (channel !== undefined) channel.endpoint.receive(channel.link, message)
    else if (number > (this.#peer?.channels.length ?? 0)) throw new TendrilError('BAD_FRAME', 'a frame of a channel that the hello did not name')
  }

  #control ([type, code, text]: unknown[]): void {
    if (type === control.heartbeat) return
    if (type !== control.goodbye) throw new TendrilError('BAD_FRAME', 'an unknown frame of control')
    if (isErrorCode(code)) for (const { endpoint, link } of this.#channels) endpoint.refused?.(link, code)
    if (isErrorCode(code)) throw new Refused(code, typeof text === 'string' ? text.slice(0, 200) : '')
    this.#peerLeft = true
    this.#leaves = true
    this.#options.onWake()
  }

  /** The pipe's input has ended. */
  end (): void { this.#inputEnded = true }

  // Out

  /** The next bytes to send; undefined until woken again. Called only while the pipe has room. */
  pull (): Buffer | undefined {
    const bytes = this.#isClosed || this.#hasLeft ? undefined : this.#handshake.outgoing() ?? this.#pullFrame()
    if (bytes === undefined) this.#noticeSync()
    else this.bytesOut += bytes.length
    return bytes
  }

  #pullFrame (): Buffer | undefined {
    if (this.#peer === undefined) return this.#leaves ? this.#goodbyeUnmet() : undefined
    if (!this.#peerLeft) {
      for (let i = 0; i < this.#channels.length; i++) {
        const channel = this.#channels[this.#next++ % this.#channels.length]
        const message = channel?.endpoint.pull(channel.link, this.#options.frames.batchBytes)
        if (channel !== undefined && message !== undefined) return this.#encode([channel.number, ...message])
      }
      this.#noticeSync()
    }
    if (!this.#leaves) return undefined
    this.#hasLeft = true
    return this.#encode([control.channel, control.goodbye, null, ''])
  }

  /** There is nobody yet to take leave of. */
  #goodbyeUnmet (): undefined {
    this.#hasLeft = true
    this.#peerLeft = true
    return undefined
  }

  #encode (frame: readonly unknown[]): Buffer {
    this.framesOut++
    return encodeFrame(this.#options.hello.codec, frame)
  }

  /** The bytes that tell the peer why it is refused, as far as it can be told. */
  refuse (code: ErrorCode, text: string): Buffer[] {
    const bytes: Buffer[] = []
    if (this.#hasLeft || this.#isClosed) return bytes
    for (let line = this.#handshake.outgoing(); line !== undefined; line = this.#handshake.outgoing()) bytes.push(line)
    if (this.#peer !== undefined) bytes.push(this.#encode([control.channel, control.goodbye, code, text]))
    this.#hasLeft = true
    return bytes
  }

  /** Says goodbye once what there is to say has been said. */
  leave (): void {
    this.#leaves = true
    this.#options.onWake()
  }

  close (): void {
    if (this.#isClosed) return
    this.#sum = this.entries()
    this.#isClosed = true
    for (const { endpoint, link } of this.#channels) endpoint.close(link)
  }

  #noticeSync (): void {
    if (this.#hasSynced || this.#peer === undefined || this.#isClosed) return
    if (!this.#channels.every(({ endpoint, link }) => endpoint.isSynced(link, this.#peerLeft))) return
    this.#hasSynced = true
    this.#options.onSync()
    if (!this.#options.tail) this.leave()
  }

  /** What went over all channels; still there when they are closed. */
  entries (): Traffic {
    if (this.#sum !== undefined) return this.#sum
    const sum = { entriesIn: 0, entriesOut: 0, duplicates: 0 }
    for (const { endpoint, link } of this.#channels) {
      const { entriesIn, entriesOut, duplicates } = endpoint.traffic(link)
      sum.entriesIn += entriesIn
      sum.entriesOut += entriesOut
      sum.duplicates += duplicates
    }
    return sum
  }
}

/** Where among a peer's channels an endpoint's is; -1: nowhere. */
function channelOf (endpoint: Endpoint, peer: Hello): number {
  return peer.channels.findIndex(({ name, kind }) => name === endpoint.name && kind === endpoint.kind)
}

/** The peer has refused us, for a reason that is its own: it needs no goodbye. */
export class Refused extends TendrilError {
  constructor (code: ErrorCode, text: string) {
    super(code, text === '' ? 'the peer refused' : `the peer refused: ${text}`)
  }
}

interface Channel {
  readonly number: number
  readonly endpoint: Endpoint
  readonly link: Link
}
