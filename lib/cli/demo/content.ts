import { createHash } from 'node:crypto'
import type { Model } from '../../index.js'

/** All that a replica holds, as text in one order, whatever order it came in. */
export function contentOf (model: Model): Array<[key: string, text: string]> {
  return Array.from(model, ([key, value]): [string, string] => [key, JSON.stringify(value, spellBigint)])
    .sort(([a], [b]) => a < b ? -1 : 1)
}

/** Equal for equal content, and for practical purposes only then. */
export function hashOf (content: ReadonlyArray<readonly [string, string]>): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 10)
}

function spellBigint (_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** What keeps maps from being equal, a line each; none if they all hold the same. */
export function differences (maps: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] {
  const keys = new Set([...maps.values()].flatMap(map => [...map.keys()]))
  return [...keys].sort().flatMap(key => {
    const texts = new Set([...maps.values()].map(map => map.get(key)))
    if (texts.size === 1) return []
    return [`${key}: ${Array.from(maps, ([id, map]) => `${id} ${map.get(key) ?? 'has none'}`).join(', ')}`]
  })
}
