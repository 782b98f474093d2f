import type { Message } from '../core.js'
import { isName, maxIdBytes } from '../ground/ids.js'
import { bad } from './cells.js'
import { maxStoreBytes } from './configuration.js'
import { readBody, readId } from './messages.js'
import type { Body } from './messages.js'
import { isCount } from './terms.js'

/** Who says something, and what holds of it whatever it says. */
export interface Sender {
  /** Of which sealing, and in which epoch of it; the empty origin and 0: it is a member of nothing. */
  readonly origin: string
  readonly epoch: number
  readonly from: string
  readonly store: string
  readonly incarnation: number
  /** Up to which of its operations of this run it waits for none any more. */
  readonly released: number
  /** How many changes of its store were ever durable. */
  readonly changes: number
}

/** What is written on an envelope beside its sender. */
export interface Address {
  readonly number: number
  readonly to: string
  readonly hops: number
  /** Who was handed it already. */
  readonly visited: readonly string[]
}

/** As an address. */
export const everyone = ''

const envelopeType = 1
const firstBody = 12
/** So many may have been handed it. */
export const mostVisited = 1_024

export function writeEnvelope ({ origin, epoch, from, store, incarnation, released, changes }: Sender, { number, to, hops, visited }: Address, bodies: readonly unknown[]): unknown[] {
  return [envelopeType, origin, epoch, from, store, to, incarnation, number, released, changes, hops, visited, ...bodies]
}

/** The bodies as they came: `readBodies` reads them. @throws TendrilError BAD_FRAME */
export function readEnvelope (message: Message): { readonly sender: Sender, readonly address: Address, readonly bodies: readonly unknown[] } {
  const [type, origin, epoch, from, store, to, incarnation, number, released, changes, hops, visited] = message
  if (type !== envelopeType || message.length <= firstBody) throw bad('an envelope that is none')
  if (!isCount(epoch) || !isCount(incarnation) || !isCount(number) || !isCount(released) || !isCount(changes) || !isCount(hops)) throw bad('an envelope with a number out of bounds')
  if (!(origin === '' || isName(origin, maxStoreBytes)) || !isName(store, maxStoreBytes)) throw bad('an envelope of nobody')
  if (!isRoute(visited)) throw bad('an envelope that was nowhere')
  return {
    sender: { origin, epoch, from: readId(from), store, incarnation, released, changes },
    address: { number, to: to === everyone ? everyone : readId(to), hops, visited },
    bodies: message.slice(firstBody)
  }
}

/** Reads all that an envelope says, before any of it is applied. @throws TendrilError BAD_FRAME */
export function readBodies (bodies: readonly unknown[]): Body[] { return bodies.map(readBody) }

function isRoute (value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= mostVisited && value.every(id => isName(id, maxIdBytes))
}
