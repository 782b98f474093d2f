import type { Cluster, ClusterNode } from '../../lib/sim/index.js'

/** What a node took a member for, and when, in milliseconds since the watch began. */
export interface Seen {
  readonly at: number
  readonly by: string
  readonly kind: string
  readonly id: string
}

const statusKinds = new Set(['join', 'alive', 'suspect', 'dead', 'leave', 'evict', 'restart', 'reap', 'conflict', 'refused'])

/** Takes down what nodes tell of each other from now on; of facts and acknowledgements nothing. */
export class Watch {
  readonly seen: Seen[] = []
  readonly #cluster: Cluster
  readonly #from: number

  constructor (cluster: Cluster) {
    this.#cluster = cluster
    this.#from = cluster.world.now
    cluster.listeners.add((node, event) => {
      if (!statusKinds.has(event.kind)) return
      const id = 'member' in event ? event.member.id : 'id' in event ? event.id : node.id
      this.seen.push({ at: cluster.world.now - this.#from, by: node.name, kind: event.kind, id })
    })
  }

  /** Of one member, as far as these kinds go. */
  of (id: string, ...kinds: string[]): Seen[] {
    return this.seen.filter(seen => seen.id === id && (kinds.length === 0 || kinds.includes(seen.kind)))
  }

  /** What each of the nodes told of a member, in its order: distinct stories, with how many told them. */
  stories (id: string, nodes: readonly ClusterNode[]): Record<string, number> {
    const stories: Record<string, number> = {}
    for (const { name } of nodes) {
      const story = this.of(id).filter(({ by }) => by === name).map(({ kind }) => kind).join(' ')
      stories[story] = (stories[story] ?? 0) + 1
    }
    return stories
  }

  /** Those that were told dead although they were not among these, each once with who said so. */
  falseDeaths (truly: readonly string[]): string[] {
    return this.seen.filter(({ kind, id }) => kind === 'dead' && !truly.includes(id)).map(({ by, id, at }) => `${by} declared ${id} dead after ${at} ms`)
  }

  get now (): number { return this.#cluster.world.now - this.#from }
}

export interface Spread { readonly count: number, readonly first: number, readonly half: number, readonly last: number }

/** How times are distributed. */
export function spread (times: readonly number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b)
  return { count: sorted.length, first: sorted[0] ?? NaN, half: sorted[sorted.length >> 1] ?? NaN, last: sorted.at(-1) ?? NaN }
}
