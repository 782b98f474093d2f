import { QuorumLine } from './quorum-line.js'
import type { LineConditions } from './quorum-line.js'
import type { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import type { World } from './world.js'

export type NetworkShape = 'mesh' | 'chain' | 'ring'

/** All lines between the members of a run. */
export class QuorumNetwork {
  readonly lines: readonly QuorumLine[]
  readonly #nodes: readonly QuorumNode[]
  /** By `from to`, as long as no line comes or goes. */
  readonly #hops = new Map<string, string | undefined>()

  constructor (world: World, random: Random, conditions: LineConditions, shape: NetworkShape, nodes: readonly QuorumNode[]) {
    this.#nodes = nodes
    this.lines = pairs(shape, nodes).map(pair => new QuorumLine(world, random.fork(), conditions, pair, () => { this.#hops.clear() }))
  }

  of (node: QuorumNode): QuorumLine[] { return this.lines.filter(({ nodes }) => nodes.includes(node)) }

  between (ones: readonly QuorumNode[], others: readonly QuorumNode[]): QuorumLine[] {
    return this.lines.filter(({ nodes: [a, b] }) => (ones.includes(a) && others.includes(b)) || (ones.includes(b) && others.includes(a)))
  }

  /** The neighbour on the shortest way, as a membership of the same nodes would tell; undefined: there is no way. */
  nextHop (from: string, to: string): string | undefined {
    const key = `${from} ${to}`
    if (!this.#hops.has(key)) this.#hops.set(key, this.#search(from, to))
    return this.#hops.get(key)
  }

  #search (from: string, to: string): string | undefined {
    const first = new Map<string, string>()
    let edge = [from]
    while (edge.length > 0 && !first.has(to)) {
      edge = edge.flatMap(id => this.#neighbours(id).filter(other => {
        if (other === from || first.has(other)) return false
        first.set(other, first.get(id) ?? other)
        return true
      }))
    }
    return first.get(to)
  }

  #neighbours (id: string): string[] {
    return this.lines.filter(({ isUp, nodes }) => isUp && nodes.some(node => node.id === id)).map(({ nodes: [a, b] }) => a.id === id ? b.id : a.id)
  }

  heal (): void {
    for (const node of this.#nodes) node.resume()
    for (const line of this.lines) {
      line.heldUntil = 0
      line.room = Infinity
      line.isMute[0] = line.isMute[1] = false
      line.delayMs = line.dripMs = 0
    }
  }
}

function pairs (shape: NetworkShape, nodes: readonly QuorumNode[]): Array<readonly [QuorumNode, QuorumNode]> {
  const last = nodes.length - 1
  return nodes.flatMap((a, i) => nodes.slice(i + 1).map((b, j) => ({ a, b, i, j: i + 1 + j })))
    .filter(({ i, j }) => shape === 'mesh' || j === i + 1 || (shape === 'ring' && i === 0 && j === last))
    .map(({ a, b }) => [a, b] as const)
}
