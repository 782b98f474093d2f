import type { Random } from './random.js'

type Edge = readonly [number, number]

/** How many children a node has in the tree by which a cluster begins. */
const arity = 4

/**
 * A connected graph in which nearly each of `size` nodes has `links` neighbours: a tree, and edges drawn at random between
 * those who have too few. `links` must be above 5, or as many as there are others.
 */
export function drawOverlay (random: Random, size: number, links: number): { tree: Edge[], others: Edge[] } {
  const free = Array.from({ length: size }, () => Math.min(links, size - 1))
  const taken = new Set<number>()
  const take = (a: number, b: number): boolean => {
    const edge = Math.min(a, b) * size + Math.max(a, b)
    if (a === b || taken.has(edge)) return false
    taken.add(edge)
    free[a]!--
    free[b]!--
    return true
  }
  const order = shuffled(random, Array.from({ length: size }, (_, i) => i))
  const tree = order.slice(1).map((child, i): Edge => [order[Math.floor(i / arity)]!, child])
  for (const [a, b] of tree) take(a, b)
  const others: Edge[] = []
  // What doesn't fit in some rounds of drawing pairs is let be.
  for (let round = 0; round < 20; round++) {
    const ends = shuffled(random, free.flatMap((count, node) => Array.from({ length: count }, () => node)))
    for (let i = 0; i + 1 < ends.length; i += 2) if (take(ends[i]!, ends[i + 1]!)) others.push([ends[i]!, ends[i + 1]!])
  }
  return { tree, others }
}

function shuffled<T> (random: Random, items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.between(0, i)
    const swapped = items[i]!
    items[i] = items[j]!
    items[j] = swapped
  }
  return items
}
