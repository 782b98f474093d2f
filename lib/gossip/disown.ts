import type { Replica } from './replica.js'
import type { Source } from './source.js'

/**
 * Forgets lives as if nobody had ever spoken of them, because they can't have begun yet. The latest of each id that is left
 * counts again.
 * @returns those that count now, and did not before; undefined where there was nothing to forget
 */
export function disown (replica: Replica, isPossible: (epoch: string) => boolean): Source[] | undefined {
  const impossible = new Set([...replica.sources].filter(source => source !== replica.own && !isPossible(source.epoch)))
  if (impossible.size === 0) return undefined
  replica.drop(source => impossible.has(source))
  for (const source of impossible) replica.sources.forget(source)
  return [...replica.sources].filter(source => replica.lives.recount(source) && source !== replica.own)
}
