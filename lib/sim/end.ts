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
  /** About how many bytes a frame has: fewer than in production show more of what lies between frames. */
  readonly frameBytes: number
  /** False: it ends once both nodes hold what the other had. */
  readonly tail: boolean
}

/** With these codes one node may rightly refuse another here. All else is a bug. */
const expectedCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CLOCK_SKEW', 'STORAGE_FAILED', 'CLOSED'])

export interface EndOptions extends WireOptions {
  readonly sends: boolean
  readonly receives: boolean
}

/** One node's end of a wire, and the pipe that leads away from it. */
export class End {
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
    this.#channel = new Channel(hostOf(node))
    this.#connection = new Connection({
      hello: helloOf(node, this.#channel, options),
      secret: options.secret,
      exporter: () => undefined,
      endpoints: [this.#channel],
      frames: { batchBytes: options.frameBytes, maxBytes: 1 << 20, maxLineBytes: 1 << 21 },
      tail: options.tail,
      onWake: () => { this.wake() },
      onHello: () => {},
      onSync: () => { world.note(`${node.id} is in sync with ${peer.id}`) }
    })
    this.pipe = new Pipe(world, random, options, {
      onBytes: (bytes, next) => { other().receive(bytes, next) },
      onEnd: () => { other().inputEnded() },
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

  receive (bytes: Buffer, next: () => void): void {
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

  inputEnded (): void {
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
