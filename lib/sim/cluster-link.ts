import type { Link, Message } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import { encodeFrame } from '../wire/codec.js'
import type { ClusterLoop } from './cluster-loop.js'
import type { ClusterNode } from './cluster-node.js'
import type { World } from './world.js'

export interface LinkOptions {
  readonly world: World
  /** How long the next batch is under way, in milliseconds. */
  readonly delayMs: () => number
  /** Before this time nothing is pulled, as from a pipe without room. */
  readonly roomAt: number
  /** An end has something to send: its `pump` is to be called at the end of this turn. */
  readonly onDirty: (end: ClusterEnd) => void
  readonly onClosed: (link: ClusterLink) => void
  /** Told how many bytes a batch takes, if it is to be known. */
  readonly onBytes: ((node: ClusterNode, bytes: number) => void) | undefined
}

const batchBytes = 16_384

/** A connection between two nodes, which carries messages instead of bytes. */
export class ClusterLink {
  readonly ends: readonly [ClusterEnd, ClusterEnd]
  readonly openedAt: number
  readonly #options: LinkOptions
  #isClosed = false
  /** What came while it hung, in order; undefined: it does not. */
  #hung: Array<() => void> | undefined

  constructor (a: ClusterNode, b: ClusterNode, options: LinkOptions) {
    this.#options = options
    this.openedAt = options.world.now
    this.ends = [new ClusterEnd(this, a, options), new ClusterEnd(this, b, options)]
    this.ends[0].meet(this.ends[1])
    this.ends[1].meet(this.ends[0])
    for (const end of this.ends) end.greet()
  }

  get isClosed (): boolean { return this.#isClosed }
  get isHung (): boolean { return this.#hung !== undefined }
  /** Whether both nodes replicate over it. */
  get isOpen (): boolean { return this.ends.every(({ isOpen }) => isOpen) }

  touches (a: ClusterNode): boolean { return this.ends.some(({ node }) => node === a) }

  joins (a: ClusterNode, b: ClusterNode): boolean { return this.touches(a) && this.touches(b) }

  /** From now on nothing arrives, and nobody is told. */
  hang (): void { this.#hung ??= [] }

  /** What hung arrives now, as after retransmissions. */
  release (): void {
    const hung = this.#hung ?? []
    this.#hung = undefined
    for (const arrive of hung) arrive()
  }

  carry (ms: number, arrive: () => void): void {
    this.#options.world.schedule(ms, () => {
      if (this.#isClosed) return
      if (this.#hung === undefined) arrive()
      else this.#hung.push(arrive)
    })
  }

  /** What is under way is lost, and both ends learn that they are closed. */
  cut (): void { this.end(() => 0) }

  /** It ends, each end after a time of its own; undefined: that one never learns of it. */
  end (afterMs: (end: ClusterEnd) => number | undefined, code?: ErrorCode): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const end of this.ends) {
      const ms = afterMs(end)
      if (ms === 0) end.close(code)
      else if (ms !== undefined) this.#options.world.schedule(ms, () => { end.close(code) })
    }
    this.#options.onClosed(this)
  }
}

/** One node's end of a link. */
export class ClusterEnd {
  readonly node: ClusterNode
  /** Why the other end refused. */
  refusal: ErrorCode | undefined
  readonly #connection: ClusterLink
  readonly #options: LinkOptions
  readonly #loop: ClusterLoop
  #other: ClusterEnd | undefined
  #link: Link | undefined
  #arrivesAt = 0
  #isDirty = false
  /** Whether it is this end that refuses the other. */
  #refuses = false

  constructor (connection: ClusterLink, node: ClusterNode, options: LinkOptions) {
    this.#connection = connection
    this.#options = options
    this.node = node
    this.#loop = node.loop
  }

  get isOpen (): boolean { return this.#link !== undefined && !this.#loop.isStopped }

  meet (other: ClusterEnd): void { this.#other = other }

  /** Says who it is, once it has read what it keeps: as a hello. */
  greet (): void {
    this.#loop.arrive(() => {
      this.node.host.whenReady(error => {
        if (error !== undefined || this.#loop.isStopped) return
        const { id, epoch } = this.node.host
        this.#carry(other => { other.#open(id, epoch) })
      })
    })
  }

  #carry (arrive: (other: ClusterEnd) => void): void {
    const { world, delayMs } = this.#options
    const other = this.#other
    if (other === undefined) return
    this.#arrivesAt = Math.max(this.#arrivesAt, world.now + delayMs())
    this.#connection.carry(this.#arrivesAt - world.now, () => {
      other.#loop.arrive(() => { if (!this.#connection.isClosed) arrive(other) })
    })
  }

  #open (id: string, epoch: string): void {
    // Whoever is still reading what it keeps has not greeted yet, so nothing follows before that.
    this.node.host.whenReady(() => {
      if (this.#connection.isClosed || this.#loop.isStopped) return
      this.#guard(() => {
        this.#link = this.node.host.open({ id, epoch, sends: true, receives: true }, () => { this.#wake() })
        this.#wake()
      })
    })
  }

  #take (messages: readonly Message[]): void {
    const { host } = this.node
    if (this.#link !== undefined) host.heard(this.#link)
    for (const message of messages) {
      this.#guard(() => { if (this.#link !== undefined) host.receive(this.#link, message) })
    }
  }

  /** A peer that is refused is told why. */
  #guard (take: () => void): void {
    try {
      take()
    } catch (error) {
      if (!(error instanceof TendrilError) || error.code === 'BAD_FRAME') throw error
      this.#refuses = true
      this.#connection.end(end => end === this ? 0 : this.#options.delayMs(), error.code)
    }
  }

  #wake (): void {
    if (this.#isDirty) return
    this.#isDirty = true
    this.#options.onDirty(this)
  }

  /** Sends what there is to send. */
  pump (): void {
    this.#isDirty = false
    if (this.#link === undefined || this.#loop.isStopped) return
    const { world, roomAt, onBytes } = this.#options
    if (world.now < roomAt) {
      this.#isDirty = true
      world.schedule(roomAt - world.now, () => { this.#loop.arrive(() => { this.#options.onDirty(this) }) })
      return
    }
    const messages: Message[] = []
    for (let message = this.#pull(); message !== undefined; message = this.#pull()) messages.push(Object.freeze(message))
    if (messages.length === 0) return
    onBytes?.(this.node, messages.reduce((sum, message) => sum + sizeOf(message), 0))
    this.#carry(other => { other.#take(messages) })
  }

  #pull (): Message | undefined {
    return this.#link === undefined ? undefined : this.node.host.pull(this.#link, batchBytes)
  }

  close (code: ErrorCode | undefined): void {
    this.refusal = code
    this.#loop.arrive(() => {
      const link = this.#link
      this.#link = undefined
      if (link === undefined) return
      if (code !== undefined && !this.#refuses) this.node.host.refused(link, code)
      this.node.host.close(link)
    })
  }
}

/** The bytes of its frame, as a connection with one channel sends it. */
function sizeOf (message: Message): number {
  return encodeFrame('msgpack', [1, ...message]).length
}
