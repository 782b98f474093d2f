import { AssertionFailure } from '../ground/assert.js'
import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'
import { Connection, Refused } from '../stream/connection.js'
import type { Endpoint } from '../stream/endpoint.js'
import type { CodecName } from '../wire/codec.js'
import type { Hello } from '../wire/hello.js'
import { Channel } from './channel.js'
import type { SimNode } from './node.js'
import { Pipe } from './pipe.js'
import type { Conditions } from './pipe.js'
import type { Random } from './random.js'
import { Violation } from './violation.js'
import type { World } from './world.js'

export interface WireOptions extends Conditions {
  readonly codec: CodecName
  readonly secret: Uint8Array | undefined
  /** About how many bytes a frame has at most: fewer than in production show more of what lies between frames. */
  readonly frameBytes: number
  /** False: it ends once both nodes hold what the other had. */
  readonly tail: boolean
}

/** Whether updates flow from the first node to the second, and back. */
export interface Direction {
  readonly there: boolean
  readonly back: boolean
}

/** With these codes one node may rightly refuse another here. All else is a bug. */
const expectedCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CLOCK_SKEW', 'STORAGE_FAILED', 'CLOSED'])

const goodbyeMs = 2_000

/**
 * A connection between two nodes: two production Connections, and a pipe each way. It drives them as a session's stream
 * does, at the end of each turn and while there is room.
 */
export class Wire {
  readonly nodes: readonly [SimNode, SimNode]
  readonly #ends: readonly [End, End]
  readonly #world: World

  /** Both nodes must be up. */
  constructor (world: World, random: Random, nodes: readonly [SimNode, SimNode], direction: Direction, options: WireOptions, onClose: () => void) {
    const [a, b] = nodes
    this.nodes = nodes
    this.#world = world
    const { there, back } = direction
    const first: End = new End(world, random, a, b, { ...options, sends: there, receives: back }, () => second, onClose)
    const second: End = new End(world, random, b, a, { ...options, sends: back, receives: there }, () => first, onClose)
    this.#ends = [first, second]
    for (const end of this.#ends) end.wake()
  }

  /** Whether it is open at either end. */
  get isOpen (): boolean { return this.#ends.some(end => end.isOpen) }
  /** Whether it is open at both. */
  get isWhole (): boolean { return this.#ends.every(end => end.isOpen) }
  get isSynced (): boolean { return this.#ends.every(end => end.isSynced) }

  isOpenAt (node: SimNode): boolean { return this.#ends.some(end => end.node === node && end.isOpen) }

  /** Cuts it in the midst of whatever it does; the node `later` notices `lagMs` after the other. */
  cut (lagMs: number, later: SimNode): void {
    for (const end of this.#ends) end.pipe.break()
    for (const end of this.#ends) {
      if (end.node === later && lagMs > 0) this.#world.schedule(lagMs, () => { end.close() })
      else end.close()
    }
  }

  /** One node's process is gone; the other notices `lagMs` later. */
  drop (node: SimNode, lagMs: number): void {
    for (const end of this.#ends) if (end.node === node) end.vanish()
    for (const end of this.#ends) end.pipe.break()
    this.#world.schedule(lagMs, () => { for (const end of this.#ends) end.close() })
  }

  /** One node says goodbye. */
  leave (node: SimNode): void {
    for (const end of this.#ends) {
      if (end.node !== node || !end.isOpen) continue
      end.leave()
      this.#world.schedule(goodbyeMs, () => { end.close() })
    }
  }

  refuse (node: SimNode, error: TendrilError): void {
    for (const end of this.#ends) if (end.node === node) end.refuse(error)
  }

  stall (ms: number): void {
    for (const { pipe } of this.#ends) pipe.stall(ms)
  }

  resume (): void {
    for (const { pipe } of this.#ends) pipe.resume()
  }
}

interface EndOptions extends WireOptions {
  readonly sends: boolean
  readonly receives: boolean
}

/** One node's end of a wire, and the pipe that leads away from it. */
class End {
  readonly node: SimNode
  readonly pipe: Pipe
  isOpen = true
  readonly #channel: Channel
  readonly #connection: Connection
  readonly #world: World
  readonly #label: string
  readonly #onClose: () => void
  #isScheduled = false

  constructor (world: World, random: Random, node: SimNode, peer: SimNode, options: EndOptions, other: () => End, onClose: () => void) {
    this.node = node
    this.#world = world
    this.#label = `${node.id} < ${peer.id}`
    this.#onClose = onClose
    this.#channel = new Channel(hostOf(node), options.frameBytes)
    this.#connection = new Connection({
      hello: helloOf(node, this.#channel, options),
      secret: options.secret,
      exporter: () => undefined,
      endpoints: [this.#channel],
      frames: { batchBytes: 16_384, maxBytes: 1 << 20, maxLineBytes: 1 << 21 },
      tail: options.tail,
      onWake: () => { this.wake() },
      onHello: () => {},
      onSync: () => { world.note(`${node.id} is in sync with ${peer.id}`) }
    })
    this.pipe = new Pipe(world, random, options, {
      onBytes: (bytes, next) => { other().#receive(bytes, next) },
      onEnd: () => { other().#inputEnded() },
      onRoom: () => { this.wake() }
    })
  }

  get isSynced (): boolean { return this.isOpen && this.#channel.hasSynced }

  /** At the end of this turn, as a session does it: many small changes then share a frame. */
  wake (): void {
    if (this.#isScheduled || !this.isOpen) return
    this.#isScheduled = true
    this.#world.schedule(0, () => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  #pump (): void {
    if (!this.isOpen) return
    while (this.pipe.hasRoom) {
      const bytes = this.#connection.pull()
      if (bytes === undefined) break
      this.pipe.write(bytes)
    }
    this.node.isTouched = true
    if (this.#connection.isFinished) this.close()
  }

  #receive (bytes: Buffer, next: () => void): void {
    if (!this.isOpen) { next(); return }
    this.#world.note(`${this.#label} ${bytes.length} bytes`, bytes)
    this.node.isTouched = true
    try {
      this.#connection.receive(bytes)
    } catch (error) {
      this.#failed(error)
    }
    this.#channel.whenRoomy(next)
  }

  #failed (error: unknown): void {
    if (error instanceof AssertionFailure || !(error instanceof TendrilError)) throw error
    this.#world.note(`${this.#label} ${error.code}`)
    if (!expectedCodes.has(error.code)) throw new Violation(`${this.#label}: ${error.code} ${error.message}`)
    if (error instanceof Refused) this.close()
    else this.refuse(error)
  }

  refuse ({ code, message }: TendrilError): void {
    if (!this.isOpen) return
    for (const bytes of this.#connection.refuse(code, message)) this.pipe.write(bytes)
    this.close()
  }

  leave (): void { this.#connection.leave() }

  #inputEnded (): void {
    if (!this.isOpen) return
    this.node.isTouched = true
    this.#connection.end()
    if (this.#connection.peerHasLeft && !this.#connection.isFinished) this.leave()
    else this.close()
  }

  close (): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.node.isTouched = true
    this.#connection.close()
    this.pipe.end()
    this.#onClose()
  }

  /** The node's process is gone: nobody is left to close anything on its side. */
  vanish (): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#onClose()
  }
}

function hostOf ({ id, host }: SimNode): Endpoint {
  if (host === undefined) throw new RangeError(`${id} is down`)
  return host
}

function helloOf (node: SimNode, { id, name, kind, epoch }: Endpoint, { codec, secret, sends, receives }: EndOptions): Hello {
  return {
    id,
    cluster: 'sim',
    codec,
    instance: node.instance,
    nonce: node.token(),
    channels: [{ name, kind, epoch }],
    sends,
    receives,
    auth: secret !== undefined,
    binding: false
  }
}
