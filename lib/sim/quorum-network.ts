import type { Link, Message } from '../core.js'
import type { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import type { World } from './world.js'

/** A line between two members, which carries messages each way in order while it is up. */
export class QuorumLine {
  readonly nodes: readonly [QuorumNode, QuorumNode]
  /** Connections are refused. */
  isHeld = false
  /** What goes this way is lost, though nobody notices. */
  readonly isMute: [boolean, boolean] = [false, false]
  readonly #world: World
  readonly #random: Random
  readonly #latencyMs: number
  #ends: [End, End] | undefined

  constructor (world: World, random: Random, latencyMs: number, nodes: readonly [QuorumNode, QuorumNode]) {
    this.#world = world
    this.#random = random
    this.#latencyMs = latencyMs
    this.nodes = nodes
    this.#retry()
  }

  #retry (): void {
    this.#world.schedule(this.#random.between(5, 200), () => {
      if (this.#ends === undefined && !this.isHeld && this.nodes.every(({ isUp }) => isUp)) this.#connect()
      this.#retry()
    }, false)
  }

  #connect (): void {
    const ends: [End, End] = [this.#end(0), this.#end(1)]
    this.#ends = ends
    for (const side of [0, 1] as const) {
      const { host } = ends[side]
      ends[side].link = host.open({ id: this.nodes[1 - side]!.id, epoch: ends[1 - side]!.host.epoch, sends: true, receives: true },
        () => { this.#wake(ends, side) })
      this.#wake(ends, side)
    }
  }

  #end (side: 0 | 1): End { return { host: this.nodes[side].host!, link: 0, isMoving: false, lastAt: 0, isOpen: true } }

  #wake (ends: [End, End], side: 0 | 1): void {
    const end = ends[side]
    if (end.isMoving || !end.isOpen) return
    end.isMoving = true
    this.#world.schedule(0, () => {
      end.isMoving = false
      for (let message = this.#isAlive(ends, side) ? end.host.pull(end.link, 16_384) : undefined; message !== undefined; message = end.host.pull(end.link, 16_384)) {
        this.#carry(ends, side, JSON.stringify(message))
      }
    })
  }

  #carry (ends: [End, End], side: 0 | 1, text: string): void {
    if (this.isMute[side]) return
    const to = ends[1 - side]!
    const at = Math.max(to.lastAt, this.#world.now + this.#random.next() * this.#latencyMs)
    to.lastAt = at
    const arrive = (): void => {
      const { pausedMs } = this.nodes[1 - side]!
      if (!this.#isAlive(ends, 1 - side as 0 | 1)) return
      if (pausedMs > 0) this.#world.schedule(pausedMs, arrive)
      else to.host.receive(to.link, JSON.parse(text) as Message)
    }
    this.#world.schedule(at - this.#world.now, arrive)
  }

  /** Whether an end is open, and its process still the one that opened it. */
  #isAlive (ends: [End, End], side: 0 | 1): boolean { return ends[side].isOpen && this.nodes[side].host === ends[side].host }

  /** Cuts the connection; one end may notice later. A node that crashed notices nothing. */
  cut (lagMs: number, crashed?: QuorumNode): void {
    const ends = this.#ends
    if (ends === undefined) return
    this.#ends = undefined
    const late = this.#random.between(0, 1)
    for (const side of [0, 1] as const) {
      const end = ends[side]
      const close = (): void => {
        end.isOpen = false
        if (this.nodes[side].host === end.host) end.host.close(end.link)
      }
      if (this.nodes[side] === crashed) end.isOpen = false
      else if (side === late && lagMs > 0) this.#world.schedule(lagMs, close)
      else close()
    }
  }
}

interface End {
  readonly host: NonNullable<QuorumNode['host']>
  link: Link
  isMoving: boolean
  lastAt: number
  isOpen: boolean
}
