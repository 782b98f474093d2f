import type { Model, Value } from '../../index.js'
import type { Reading } from './rows.js'

/** Keys under this prefix are what nodes say of themselves. */
export const readingPrefix = 'node/'

/**
 * What a process can truly say of itself: its id, the memory it holds, the share of a processor that it took since it
 * was last asked, or began, and when that was, in nanoseconds. On one machine all processes share the monotonic clock, so that
 * a reader can tell how long a reading was on its way.
 */
export class Readings {
  #used: NodeJS.CpuUsage = { user: 0, system: 0 }
  #at = process.hrtime.bigint() - BigInt(Math.round(process.uptime() * 1e9))

  take (): Readonly<Record<'pid' | 'memory' | 'load' | 'at', Value>> {
    const at = process.hrtime.bigint()
    const { user, system } = process.cpuUsage(this.#used)
    const load = (user + system) * 1000 / Number(at - this.#at)
    this.#used = process.cpuUsage()
    this.#at = at
    return { pid: process.pid, memory: Math.round(process.memoryUsage.rss() / 1e5) / 10, load: Math.round(load * 1000) / 10, at }
  }
}

export function publish (model: Model, readings: Readings): void {
  for (const [name, value] of Object.entries(readings.take())) model.set(`${readingPrefix}${model.id}/${name}`, value)
}

/** What a replica holds of the nodes' readings: of its own, and what came from others. */
export function held (model: Model): Record<string, Reading> {
  const found = new Map<string, Reading>()
  for (const [key, value] of model) {
    const [, id, name] = /^node\/([^/]+)\/(memory|load)$/.exec(key) ?? []
    if (id === undefined || typeof value !== 'number') continue
    const { memoryMb = 0, loadPercent = 0 } = found.get(id) ?? {}
    found.set(id, name === 'memory' ? { memoryMb: value, loadPercent } : { memoryMb, loadPercent: value })
  }
  return Object.fromEntries(found)
}
