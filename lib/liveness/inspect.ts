import type { Now } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import type { Births } from '../gossip/births.js'
import { isEpoch } from '../gossip/epoch.js'
import type { GossipMessage, Versioned } from '../gossip/messages.js'
import type { WireEntry } from '../gossip/wire-entry.js'
import { bad } from './messages.js'
import { checkSlot, readSlot } from './slots.js'

type Delta = Extract<GossipMessage, { type: 'delta' }>

/**
 * Looks at what peers say of members, before any of it is applied. Lives that can't have begun yet are left out: a peer
 * may pass on in good faith what it was told by others, while its clock was wrong.
 */
export class Inspector {
  readonly #births: Births

  constructor (births: Births) {
    this.#births = births
  }

  /** A well-formed message of the gossip core's: what of it counts. @throws TendrilError BAD_FRAME */
  inspect (message: GossipMessage, now: Now): GossipMessage {
    switch (message.type) {
      case 'delta': return this.#delta(message, now)
      case 'digest': case 'mark': return { ...message, versions: this.#possible(message.versions, now) }
      case 'joined': return { ...message, floors: this.#possible(message.floors, now) }
      case 'want': case 'ask': case 'join': case 'ack': return message
    }
  }

  #delta (delta: Delta, now: Now): Delta {
    for (const [key, source, , , value, flags = 0] of delta.entries) {
      const slot = readSlot(key)
      if (slot === undefined || slot.id !== idOf(delta.sources[source] ?? '')) throw bad('a slot that is not its writer\'s')
      if ((flags & 1) === 0) checkSlot(slot, value)
    }
    const isPossible = delta.sources.map(name => this.#isPossible(name, now))
    return isPossible.includes(false) ? leaveOut(delta, isPossible) : delta
  }

  #possible (versions: readonly Versioned[], now: Now): readonly Versioned[] {
    const possible = versions.filter(({ source }) => typeof source === 'number' || this.#isPossible(source, now))
    return possible.length === versions.length ? versions : possible
  }

  #isPossible (name: string, now: Now): boolean {
    const epoch = epochOf(name)
    if (!isEpoch(epoch)) throw bad('a life without an epoch')
    return this.#births.isPossible(epoch, now)
  }

  /** The epoch of a peer's own life. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
  life (epoch: string, now: Now): void {
    if (!isEpoch(epoch)) throw bad('a life without an epoch')
    if (!this.#births.isPossible(epoch, now)) throw skewed()
  }
}

export function skewed (): TendrilError {
  return new TendrilError('CLOCK_SKEW', 'a life that began further ahead than the accepted clock skew')
}

/** What a delta says of some of its sources. */
function leaveOut (delta: Delta, isKept: readonly boolean[]): Delta {
  const places = new Map<number, number>()
  for (const [place, kept] of isKept.entries()) if (kept) places.set(place, places.size)
  const entries = delta.entries.flatMap(([key, source, version, distance, value, flags, ttlMs = null]): WireEntry[] => {
    const place = places.get(source)
    if (place === undefined) return []
    // Where each source writes only slots of its own, nothing is ever concurrent: contexts tell of nothing.
    return [flags === undefined ? [key, place, version, distance, value] : [key, place, version, distance, value, flags, ttlMs, []]]
  })
  return { ...delta, sources: delta.sources.filter((_, place) => isKept[place]), entries }
}

// An id may hold an '@', an epoch holds none: the last one divides.
function idOf (source: string): string { return source.slice(0, source.lastIndexOf('@')) }
function epochOf (source: string): string { return source.slice(source.lastIndexOf('@') + 1) }
