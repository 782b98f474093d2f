import type { TendrilError } from '../ground/errors.js'
import { End } from './end.js'
import type { WireOptions } from './end.js'
import type { SimNode } from './node.js'
import type { Random } from './random.js'
import type { World } from './world.js'

/** Whether updates flow from the first node to the second, and back. */
export interface Direction {
  readonly there: boolean
  readonly back: boolean
}

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
