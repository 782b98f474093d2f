import type { Link, Message } from '../core.js'
import type { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import type { Happening, World } from './world.js'

/** How messages travel on a line. */
export interface LineConditions {
  /** How long a message is under way, at most, in milliseconds. */
  readonly latencyMs: number
  /** How many messages may be under way each way until all is well: what there is no room for waits with its sender. */
  readonly room: number
}

/** A line between two members, which carries messages each way in order while it is up. */
export class QuorumLine {
  readonly nodes: readonly [QuorumNode, QuorumNode]
  /** Until then connections are refused. */
  heldUntil = 0
  room: number
  /** What goes this way is lost, though nobody notices. */
  readonly isMute: [boolean, boolean] = [false, false]
  /** Each message takes so much longer, in milliseconds. */
  #delayMs = 0
  /** So long passes between any two messages that arrive, in milliseconds. */
  #dripMs = 0
  readonly #world: World
  readonly #random: Random
  readonly #conditions: LineConditions
  /** Told whenever the line comes up or goes down. */
  readonly #onChange: () => void
  #ends: [End, End] | undefined

  constructor (world: World, random: Random, conditions: LineConditions, nodes: readonly [QuorumNode, QuorumNode], onChange: () => void) {
    this.#world = world
    this.#random = random
    this.#conditions = conditions
    this.nodes = nodes
    this.room = conditions.room
    this.#onChange = onChange
    this.#retry()
  }

  get isUp (): boolean { return this.#ends !== undefined }

  #retry (): void {
    this.#world.schedule(this.#random.between(5, 200), () => {
      if (this.#ends === undefined && this.heldUntil <= this.#world.now && this.nodes.every(({ isUp }) => isUp)) this.#connect()
      this.#retry()
    }, false)
  }

  #connect (): void {
    const ends: [End, End] = [new End(this.nodes[0]), new End(this.nodes[1])]
    this.#ends = ends
    this.#onChange()
    for (const side of [0, 1] as const) {
      const [end, other] = [ends[side], ends[1 - side]!]
      end.link = end.host.open({ id: other.node.id, epoch: other.host.epoch, sends: true, receives: true }, () => { this.#wake(ends, side) })
      this.#wake(ends, side)
    }
  }

  /** An end has something to send. */
  #wake (ends: [End, End], side: 0 | 1): void {
    const end = ends[side]
    if (end.isSending || !end.isOpen) return
    end.isSending = true
    this.#world.schedule(end.node.pausedMs, () => {
      end.isSending = false
      if (end.node.pausedMs > 0) this.#wake(ends, side)
      else this.#send(ends, side)
    })
  }

  #send (ends: [End, End], side: 0 | 1): void {
    const [from, to] = [ends[side], ends[1 - side]!]
    while (from.isAlive && to.arriving.length < this.room) {
      const message = from.host.pull(from.link, 16_384)
      if (message === undefined) break
      if (this.isMute[side]) continue
      to.lastAt = Math.max(to.lastAt, this.#world.now + this.#delayMs + this.#random.next() * this.#conditions.latencyMs)
      to.arriving.push({ at: to.lastAt, message: copied(message) as Message })
    }
    this.#carry(ends, side)
  }

  /** Lets the next message arrive when it is time. */
  #carry (ends: [End, End], side: 0 | 1): void {
    const to = ends[1 - side]!
    const [first] = to.arriving
    if (to.next !== undefined || first === undefined || !to.isAlive) return
    const at = Math.max(first.at, to.freeAt, this.#world.now + to.node.pausedMs)
    to.next = this.#world.schedule(at - this.#world.now, () => {
      to.next = undefined
      if (!to.isAlive) return
      if (to.node.pausedMs === 0) this.#deliver(to)
      this.#carry(ends, side)
      // There is room again.
      this.#wake(ends, side)
    })
  }

  /** All that has come by now, as one piece of a stream. */
  #deliver (to: End): void {
    const { now } = this.#world
    do {
      const { message } = to.arriving.shift()!
      to.freeAt = now + this.#dripMs
      to.host.receive(to.link, message)
    } while (to.isAlive && to.freeAt <= now && to.arriving[0] !== undefined && to.arriving[0].at <= now)
  }

  get delayMs (): number { return this.#delayMs }
  set delayMs (ms: number) {
    this.#delayMs = ms
    this.#hurry()
  }

  get dripMs (): number { return this.#dripMs }
  set dripMs (ms: number) {
    this.#dripMs = ms
    this.#hurry()
  }

  /** What is under way was promised for later than need be: if the line is well, it comes as it would now. */
  #hurry (): void {
    const ends = this.#ends
    if (ends === undefined || this.#dripMs > 0 || this.#delayMs > 0) return
    const latest = this.#world.now + this.#conditions.latencyMs
    ends.forEach((to, other) => {
      to.freeAt = 0
      to.lastAt = Math.min(to.lastAt, latest)
      to.arriving = to.arriving.map(({ at, message }) => ({ at: Math.min(at, latest), message }))
      if (to.next !== undefined) this.#world.cancel(to.next)
      to.next = undefined
      this.#carry(ends, 1 - other as 0 | 1)
    })
  }

  /** Cuts the connection; one end may notice later. A node that crashed notices nothing. */
  cut (lagMs: number, crashed?: QuorumNode): void {
    const ends = this.#ends
    if (ends === undefined) return
    this.#ends = undefined
    this.#onChange()
    const late = this.#random.between(0, 1)
    ends.forEach((end, side) => {
      if (end.node === crashed) end.isOpen = false
      else if (side === late && lagMs > 0) this.#world.schedule(lagMs, () => { end.close() })
      else end.close()
    })
  }
}

/** One end of a connection, and what is under way to it. */
class End {
  readonly node: QuorumNode
  readonly host: NonNullable<QuorumNode['host']>
  link: Link = 0
  isSending = false
  isOpen = true
  arriving: Array<{ readonly at: number, readonly message: Message }> = []
  /** When the last of these arrives. */
  lastAt = 0
  /** Before that none arrives. */
  freeAt = 0
  next: Happening | undefined

  constructor (node: QuorumNode) {
    this.node = node
    this.host = node.host!
  }

  /** Whether it is open, and its process still the one that opened it. */
  get isAlive (): boolean { return this.isOpen && this.node.host === this.host }

  close (): void {
    const { isAlive } = this
    this.isOpen = false
    if (isAlive) this.host.close(this.link)
  }
}

/** As the wire would have it: nothing that one member holds is held by another. */
function copied (value: unknown): unknown {
  return Array.isArray(value) ? value.map(copied) : value
}
