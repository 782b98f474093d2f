import type { Now } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import { birthOf, isEpoch } from '../gossip/epoch.js'
import type { GossipMessage } from '../gossip/messages.js'
import { bad } from './messages.js'
import { checkSlot, readSlot } from './slots.js'

/** Looks at what peers say of members, before any of it is applied. */
export class Inspector {
  readonly #acceptedSkewMs: number
  /** The wall clock as it was at the start, moved on by the monotonic one: no jump of the clock moves it. */
  readonly #steadyWallMs: (now: Now) => number

  constructor (acceptedSkewMs: number, start: Now) {
    this.#acceptedSkewMs = acceptedSkewMs
    this.#steadyWallMs = now => start.wall + now.monotonic - start.monotonic
  }

  /** A well-formed message of the gossip core's. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
  inspect (message: GossipMessage, now: Now): void {
    switch (message.type) {
      case 'delta':
        for (const name of message.sources) this.#source(name, now)
        for (const [key, source, , , value, flags = 0] of message.entries) {
          const slot = readSlot(key)
          if (slot === undefined || slot.id !== idOf(message.sources[source] ?? '')) throw bad('a slot that is not its writer\'s')
          if ((flags & 1) === 0) checkSlot(slot, value)
        }
        break
      case 'digest': case 'mark':
        for (const { source } of message.versions) if (typeof source === 'string') this.#source(source, now)
        break
      case 'joined':
        for (const { source } of message.floors) if (typeof source === 'string') this.#source(source, now)
        break
      case 'want': case 'ask': case 'join': case 'ack':
    }
  }

  #source (name: string, now: Now): void { this.life(epochOf(name), now) }

  /** Whether a life of this epoch may have begun by now. */
  isPossible (epoch: string, now: Now): boolean {
    return isEpoch(epoch) && birthOf(epoch) <= Math.max(now.wall, this.#steadyWallMs(now)) + this.#acceptedSkewMs
  }

  /** The epoch of a life. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
  life (epoch: string, now: Now): void {
    if (!isEpoch(epoch)) throw bad('a life without an epoch')
    if (!this.isPossible(epoch, now)) throw new TendrilError('CLOCK_SKEW', 'a life that began further ahead than the accepted clock skew')
  }
}

// An id may hold an '@', an epoch holds none: the last one divides.
function idOf (source: string): string { return source.slice(0, source.lastIndexOf('@')) }
function epochOf (source: string): string { return source.slice(source.lastIndexOf('@') + 1) }
