import { ConsistentSet } from '../../lib/index.js'
import type { ConsistentSetOptions } from '../../lib/index.js'
import { closeAll, join } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { until, within } from '../support/waiting.js'

export type Shape = 'mesh' | 'chain' | 'ring' | 'none'

/** Members of one set, joined in memory. */
export class Cluster {
  readonly sets: ConsistentSet[]
  readonly pairs = new Map<string, Pair>()
  /** Streams in memory keep no process alive, and what is asked again is asked by a timer that keeps none either. */
  readonly #alive = setInterval(() => {}, 1_000)

  constructor (ids: readonly string[], shape: Shape = 'mesh', options: (id: string) => ConsistentSetOptions = () => ({})) {
    this.sets = ids.map(id => new ConsistentSet({ id, members: ids, ...options(id) }))
    const last = ids.length - 1
    for (const [i, a] of ids.entries()) {
      for (const [j, b] of ids.entries()) {
        if (i < j && shape !== 'none' && (shape === 'mesh' || j === i + 1 || (shape === 'ring' && i === 0 && j === last))) this.join(a, b)
      }
    }
  }

  get (id: string): ConsistentSet {
    const found = this.sets.find(set => set.id === id)
    if (found === undefined) throw new Error(`nobody is called ${id}`)
    return found
  }

  join (a: string, b: string): void { this.pairs.set(`${a}${b}`, join(this.get(a), this.get(b))) }

  /** Cuts a link, without a goodbye. */
  cut (a: string, b: string): void {
    this.pairs.get(`${a}${b}`)?.a.destroy()
    this.pairs.delete(`${a}${b}`)
  }

  async ready (): Promise<this> {
    await reached('ready', ...this.sets)
    return this
  }

  /** Waits until everyone's local view holds just these. */
  async shows (...elements: string[]): Promise<void> {
    await until(() => this.sets.every(set => [...set].sort().join() === [...elements].sort().join()), this.sets, ['add', 'rem'])
  }

  async close (): Promise<void> {
    await closeAll(...this.sets)
    this.forget()
  }

  /** Those that are left are not waited for. */
  forget (): void { clearInterval(this.#alive) }
}

export async function reached (state: 'ready' | 'halted', ...sets: ConsistentSet[]): Promise<void> {
  await until(() => sets.every(set => set.state === state), sets, ['ready', 'halt'])
}

/** Waits for what no event tells of. */
export async function comes (condition: () => boolean): Promise<void> {
  await within((async () => {
    while (!condition()) await new Promise<void>(resolve => { setImmediate(resolve) })
  })(), condition.toString())
}

/** Three members, joined and ready. */
export async function three (options?: (id: string) => ConsistentSetOptions): Promise<{ cluster: Cluster, a: ConsistentSet, b: ConsistentSet, c: ConsistentSet }> {
  const cluster = await new Cluster(['a', 'b', 'c'], 'mesh', options).ready()
  return { cluster, a: cluster.get('a'), b: cluster.get('b'), c: cluster.get('c') }
}
