import { Cluster } from '../../lib/sim/index.js'

const atOnce = 50

/** What three permanent nodes hold, each: its roster's size, entries, and sources by name. */
export type Sizes = ReadonlyArray<readonly [members: number, entries: number, sources: number]>

export interface VisitorsReport { readonly before: Sizes, readonly after: Sizes, readonly heapBefore: number, readonly heapAfter: number }

/**
 * Visitors come to three permanent nodes and go, half of them with a goodbye. The first ones fill the delete records that
 * are kept (here 50); `more` after them should leave nothing but 16 bytes each. `onProgress` is told how many have come.
 */
export function runVisitors (first: number, more: number, onProgress?: (came: number) => void): VisitorsReport {
  const cluster = new Cluster({ seed: 1, times: { retentionMs: 20_000, deletesKept: 50 } })
  const permanent = ['a', 'b', 'c'].map(id => cluster.add(id))
  for (const [i, node] of permanent.entries()) cluster.tie(node, permanent[(i + 1) % permanent.length]!)
  const sizes = (): Sizes => permanent.map(({ members }) => [members.roster.size, members.entries, members.sources] as const)
  const visit = (from: number, to: number): number => {
    for (let i = from; i < to; i += atOnce) {
      const guests = Array.from({ length: atOnce }, (_, j) => cluster.add(`guest-${i + j}`, { facts: { i } }))
      for (const guest of guests) cluster.connect(guest, cluster.random.pick(permanent))
      cluster.runFor(500)
      for (const guest of guests) if (cluster.random.chance(0.5)) guest.leave()
      cluster.runFor(100)
      for (const guest of guests) if (guest.isUp) cluster.crash(guest, 'closing')
      cluster.nodes.splice(permanent.length)
      onProgress?.(i + atOnce)
    }
    cluster.runFor(120_000)
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const heapBefore = visit(0, first)
  const before = sizes()
  const heapAfter = visit(first, first + more)
  return { before, after: sizes(), heapBefore, heapAfter }
}
