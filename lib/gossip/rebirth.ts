import type { Now } from '../ground/clock.js'
import type { Births } from './births.js'
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

/** Begins a later life than any that was heard of under this id. One that can't have begun yet is forgotten instead of outlived. */
export function beginLife (replica: Replica, births: Births, now: Now): void {
  const { own, lives, sources } = replica
  const isPossible = births.isPossible(own.epoch, now)
  if (!isPossible) lives.gone(own)
  replica.own = sources.get(`${own.id}@${births.draw(now, lives.current(own.id)?.epoch ?? own.epoch)}`)
  replica.inherit(own, now)
  if (!isPossible) sources.forget(own)
}
