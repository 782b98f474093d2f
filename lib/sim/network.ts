import type { TendrilError } from '../ground/errors.js'
import type { SimNode } from './node.js'
import type { Random } from './random.js'
import type { WireOptions } from './end.js'
import { Wire } from './wire.js'
import type { Direction } from './wire.js'
import type { World } from './world.js'

/** Two nodes that are to be connected. */
export interface Edge extends Direction {
  readonly nodes: readonly [SimNode, SimNode]
}

/** How long after a connection's end the next one is tried, in milliseconds. */
const retryMs = { least: 100, most: 1_500 }

/** Connects nodes along the edges of a graph, and goes on doing so: as a vine would, or a user's script. */
export class Network {
  readonly #world: World
  readonly #random: Random
  /** Draws how the next wire behaves. */
  readonly #conditions: () => WireOptions
  readonly #lines: Line[] = []
  #isHealed = false

  constructor (world: World, random: Random, conditions: () => WireOptions) {
    this.#world = world
    this.#random = random
    this.#conditions = conditions
  }

  get edges (): readonly Edge[] { return this.#lines.map(({ edge }) => edge) }

  /** Keeps two nodes connected from now on. */
  add (edge: Edge): void {
    const line: Line = { edge, wires: new Set(), isHeld: false, isTrying: false }
    this.#lines.push(line)
    this.#retry(line, 0)
  }

  /** Cuts one edge's connections in the midst of what they do; a new one follows. */
  cut (edge: Edge): void {
    const later = this.#random.pick(edge.nodes)
    const lagMs = this.#random.chance(0.5) ? 0 : this.#random.between(1, 3_000)
    for (const line of this.#lines) if (line.edge === edge) for (const wire of line.wires) wire.cut(lagMs, later)
    this.#tend()
  }

  /** Cuts one edge and keeps it apart, until it is let go. */
  hold (edge: Edge, isHeld: boolean): void {
    for (const line of this.#lines) if (line.edge === edge) line.isHeld = isHeld
    if (isHeld) this.cut(edge)
    else this.#tend()
  }

  stall (edge: Edge, ms: number): void {
    for (const line of this.#lines) if (line.edge === edge) for (const wire of line.wires) wire.stall(ms)
  }

  /** A node's process is gone, and its connections with it. */
  drop (node: SimNode): void {
    for (const wire of this.#wiresOf(node)) wire.drop(node, this.#random.between(0, 200))
  }

  refuse (node: SimNode, error: TendrilError): void {
    for (const wire of this.#wiresOf(node)) wire.refuse(node, error)
  }

  /** Says goodbye on all of a node's connections, and calls back when they have closed. */
  leave (node: SimNode, done: () => void): void {
    for (const wire of this.#wiresOf(node)) wire.leave(node)
    const wait = (): void => {
      if (this.#wiresOf(node).length === 0) done()
      else this.#world.schedule(5, wait)
    }
    wait()
  }

  /** From now on no edge is held, nothing stalls, and connections last. */
  heal (): void {
    this.#isHealed = true
    for (const line of this.#lines) {
      line.isHeld = false
      for (const wire of line.wires) wire.resume()
    }
    this.#tend()
  }

  /** The edges on which no connection is open and in sync. */
  unsynced (): string[] {
    return this.#lines.filter(({ wires }) => ![...wires].some(({ isSynced }) => isSynced))
      .map(({ edge: { nodes: [a, b] } }) => `${a.id} - ${b.id}`)
  }

  #wiresOf (node: SimNode): Wire[] {
    return this.#lines.flatMap(({ wires }) => [...wires]).filter(wire => wire.nodes.includes(node) && wire.isOpenAt(node))
  }

  #tend (): void {
    for (const line of this.#lines) this.#retry(line, this.#random.between(retryMs.least, retryMs.most))
  }

  /** Connects the two once both are up: another wire may still be closing at one end. */
  #retry (line: Line, delayMs: number): void {
    if (line.isTrying || line.isHeld) return
    line.isTrying = true
    this.#world.schedule(delayMs, () => {
      line.isTrying = false
      if (line.isHeld || [...line.wires].some(({ isWhole }) => isWhole)) return
      if (line.edge.nodes.every(({ phase }) => phase === 'up')) this.#connect(line)
      else this.#retry(line, this.#random.between(retryMs.least, retryMs.most))
    })
  }

  #draw (): WireOptions {
    const conditions = this.#conditions()
    return this.#isHealed ? { ...conditions, tail: true } : conditions
  }

  #connect ({ edge, wires }: Line): void {
    const [a, b] = edge.nodes
    this.#world.note(`${a.id} - ${b.id} connect`)
    const wire: Wire = new Wire(this.#world, this.#random, edge.nodes, edge, this.#draw(), () => {
      if (!wire.isOpen) wires.delete(wire)
      this.#world.note(`${a.id} - ${b.id} closed${wire.isOpen ? ' at one end' : ''}`)
      this.#tend()
    })
    wires.add(wire)
  }
}

interface Line {
  readonly edge: Edge
  readonly wires: Set<Wire>
  isHeld: boolean
  isTrying: boolean
}
