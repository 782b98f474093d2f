import type { Direction } from './wire.js'
import type { Random } from './random.js'

/** An edge of a graph, between two places in a list of nodes. */
export interface GraphEdge extends Direction {
  readonly a: number
  readonly b: number
}

const shapes = ['line', 'ring', 'star', 'random', 'one-way ring'] as const

export type Shape = typeof shapes[number]

const both = { there: true, back: true }

/** A graph in which everybody's changes get to everybody, on one-way edges too. */
export function drawGraph (random: Random, nodes: number): { shape: Shape, edges: GraphEdge[] } {
  const shape = random.pick(shapes)
  const edges = shapeEdges(random, nodes, shape)
  // Some edges more; where the rest connects all in both directions, they may be one-way.
  for (let i = random.between(0, 2); i > 0; i--) {
    const a = random.between(0, nodes - 1)
    const b = random.between(0, nodes - 1)
    if (a === b || edges.some(edge => joins(edge, a, b))) continue
    edges.push({ a, b, ...random.pick([both, { there: true, back: false }, { there: false, back: true }]) })
  }
  return { shape, edges }
}

function shapeEdges (random: Random, nodes: number, shape: Shape): GraphEdge[] {
  const edges: GraphEdge[] = []
  for (let b = 1; b < nodes; b++) {
    const a = shape === 'star' ? 0 : shape === 'random' ? random.between(0, b - 1) : b - 1
    edges.push({ a, b, there: true, back: shape !== 'one-way ring' })
  }
  if (shape === 'ring' && nodes > 2) edges.push({ a: nodes - 1, b: 0, ...both })
  if (shape === 'one-way ring') edges.push({ a: nodes - 1, b: 0, there: true, back: false })
  return edges
}

function joins (edge: GraphEdge, a: number, b: number): boolean {
  return (edge.a === a && edge.b === b) || (edge.a === b && edge.b === a)
}
