import type { ConsistentSet } from '../../lib/index.js'
import { turns, until } from '../support/waiting.js'
import { FrameReader } from '../../lib/wire/frames.js'
import { encode } from './recording.js'
import { types } from './set-target.js'

const token = 'attacker-attacker-attack'

/** Where an envelope has what. */
const [fromField, storeField] = [4, 5]

/** In whose name something is said. */
export interface Name { readonly id: string, readonly store: string, readonly incarnation: number }

export interface Saying {
  readonly to?: string
  readonly epoch?: number
  readonly released?: number
  readonly changes?: number
  readonly hops?: number
  readonly visited?: readonly unknown[]
}

/** A peer of a set that knows the protocol, and says what it likes, in whose name it likes. */
export class SetLiar {
  readonly target: ConsistentSet
  readonly id: string
  readonly names = new Map<string, Name>()
  origin = ''
  readonly #stream
  readonly #frames = new FrameReader('msgpack', 1 << 24)
  #hasHello = false
  #number = 0
  bytesOut = 0

  private constructor (target: ConsistentSet, id: string) {
    this.target = target
    this.id = id
    this.#stream = target.createStream({ codec: 'msgpack' })
    this.#stream.on('data', (chunk: Buffer) => { this.#hear(chunk) })
    this.#stream.on('error', () => {})
  }

  /** Connects to a member, and learns from what passes in whose name it can speak. */
  static async of (target: ConsistentSet, members: readonly string[], id = 'liar'): Promise<SetLiar> {
    const liar = new SetLiar(target, id)
    const channels = [{ name: 'set', kind: 'set', epoch: 'of the liar' }]
    liar.#stream.write(`${JSON.stringify({ tendril: 1, id, codec: 'msgpack', instance: token, nonce: token, channels })}\n`)
    await turns(3)
    liar.names.set(id, { id, store: 'of the liar', incarnation: 1 })
    // Who is no member yet asks for the members, and is told.
    for (const member of members) liar.say(id, [types.forming, 0, true, false, []], { to: member })
    await until(() => members.every(member => liar.names.has(member)) && (liar.origin !== '' || target.state === 'forming'), [liar.#stream], ['data'])
    return liar
  }

  #hear (chunk: Buffer): void {
    const from = this.#hasHello ? 0 : chunk.indexOf('\n') + 1
    this.#hasHello = true
    this.bytesOut += chunk.length
    this.#frames.push(chunk.subarray(from))
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
      if (frame[0] === 0) continue
      const [id, store, incarnation] = [frame[fromField], frame[storeField], frame[7]] as [string, string, number]
      this.names.set(id, { id, store, incarnation })
      if (frame[2] !== '') this.origin = frame[2] as string
    }
  }

  /** The frame of an envelope. */
  envelope (name: string, body: readonly unknown[], saying?: Saying): unknown[] { return this.envelopeOf(this.names.get(name)!, body, saying) }

  envelopeOf ({ id, store, incarnation }: Name, body: readonly unknown[], saying: Saying = {}): unknown[] {
    const { to = this.target.id, epoch = this.target.status().epoch, released = 0, changes = 0, hops = 1, visited = [id, this.id] } = saying
    return [1, 1, this.origin, epoch, id, store, to, incarnation, 1e6 + ++this.#number, released, changes, hops, visited, body]
  }

  say (name: string, body: readonly unknown[], saying?: Saying): void { this.sayFrames([this.envelope(name, body, saying)]) }

  sayFrames (frames: Iterable<readonly unknown[]>): void {
    for (const frame of frames) this.#stream.write(encode('msgpack', frame))
  }

  /** Reads no more of what comes. */
  pause (): void { this.#stream.pause() }

  get isThere (): boolean { return !this.#stream.destroyed && this.#stream.errored === null }

  async part (): Promise<void> {
    this.#stream.destroy()
    await turns(3)
  }
}
