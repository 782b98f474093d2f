import type { Link, Message, Traffic } from '../core.js'
import { maxIdBytes, isName } from '../ground/ids.js'
import { bad } from './cells.js'
import { maxStoreBytes } from './configuration.js'
import { readBody, readId, writeBody } from './messages.js'
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

export interface Received extends Sender {
  readonly body: Body
}

export interface RelayOptions {
  readonly id: string
  /** The neighbour that is next on the way to a member; without one, or undefined: every neighbour. */
  readonly nextHop?: ((to: string) => string | undefined) | undefined
}

interface Neighbour {
  readonly id: string
  readonly store: string
  readonly queue: Message[]
  sent: number
  received: number
}

const envelopeType = 1
const visitedField = 11
const bodyField = 12
/** As an address. */
export const everyone = ''
/** All that waits for an answer is said again, so what a slow neighbour can't take may be dropped. */
const mostQueued = 2_000
const mostRemembered = 8_192
const mostHops = 32

/**
 * Carries messages between members that may have no link with each other: along a next hop where one is known, else over
 * every link. An envelope names who has been handed it already, and each member takes it once.
 */
export class Relay {
  readonly links = new Map<Link, Neighbour>()
  readonly #options: RelayOptions
  readonly #seen = new Set<string>()
  #wake = new Set<Link>()
  #number = 0
  /** Messages for others, and from others, over all links so far. */
  sent = 0
  received = 0

  constructor (options: RelayOptions) {
    this.#options = options
  }

  neighbours (admits: (id: string, store: string) => boolean): ReadonlySet<string> {
    return new Set([...this.links.values()].filter(({ id, store }) => admits(id, store)).map(({ id }) => id))
  }

  open (link: Link, id: string, store: string): void { this.links.set(link, { id, store, queue: [], sent: 0, received: 0 }) }

  close (link: Link): void { this.links.delete(link) }

  /** `to`: `everyone` for all who can be reached. `wide`: over every link, as the straight way has not led to an answer. */
  send (to: string, body: Body, { origin, epoch, from, store, incarnation, released, changes }: Sender, wide: boolean): void {
    this.#number++
    this.#remember(`${from} ${store} ${incarnation} ${this.#number}`)
    this.#carry([envelopeType, origin, epoch, from, store, to, incarnation, this.#number, released, changes, 0, [from], writeBody(body)], to, wide)
  }

  /** @returns what is for this node; undefined: nothing is, or not again. @throws TendrilError BAD_FRAME */
  receive (link: Link, message: Message): Received | undefined {
    const neighbour = this.links.get(link)
    if (neighbour !== undefined) neighbour.received++
    this.received++
    const { sender, number, to, hops, visited } = readEnvelope(message)
    const body = readBody(message[bodyField])
    const { id } = this.#options
    if (sender.from === id || !this.#remember(`${sender.from} ${sender.store} ${sender.incarnation} ${number}`)) return undefined
    if (to !== id && hops < mostHops) {
      this.#carry([...message.slice(0, visitedField - 1), hops + 1, [...new Set([...visited, id])], message[bodyField]], to, false)
    }
    return to === id || to === everyone ? { ...sender, body } : undefined
  }

  #carry (envelope: unknown[], to: string, wide: boolean): void {
    const visited = envelope[visitedField] as readonly string[]
    const next = this.#linkTo(to) ?? this.#linkTo(this.#options.nextHop?.(to))
    const links = next !== undefined && !wide
      ? [next]
      : this.#onePerNeighbour().filter(link => !visited.includes(this.links.get(link)!.id))
    const handed = [...new Set([...visited, ...links.map(link => this.links.get(link)!.id)])]
    for (const link of links) {
      const { queue } = this.links.get(link)!
      if (queue.length >= mostQueued) continue
      queue.push([...envelope.slice(0, visitedField), handed, envelope[bodyField]])
      this.#wake.add(link)
    }
  }

  #linkTo (id: string | undefined): Link | undefined {
    for (const [link, neighbour] of this.links) if (neighbour.id === id) return link
    return undefined
  }

  #onePerNeighbour (): Link[] {
    return [...new Map(Array.from(this.links, ([link, { id }]) => [id, link])).values()]
  }

  traffic (link: Link): Traffic {
    const { sent = 0, received = 0 } = this.links.get(link) ?? {}
    return { entriesIn: received, entriesOut: sent, duplicates: 0 }
  }

  /** @returns whether it was new */
  #remember (key: string): boolean {
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    if (this.#seen.size > mostRemembered) this.#seen.delete(this.#seen.values().next().value ?? '')
    return true
  }

  pull (link: Link): Message | undefined {
    const neighbour = this.links.get(link)
    const message = neighbour?.queue.shift()
    if (neighbour === undefined || message === undefined) return undefined
    neighbour.sent++
    this.sent++
    return message
  }

  takeWake (): Link[] {
    const wake = [...this.#wake].filter(link => this.links.has(link))
    if (wake.length > 0) this.#wake = new Set()
    return wake
  }
}

interface Envelope {
  readonly sender: Sender
  readonly number: number
  readonly to: string
  readonly hops: number
  readonly visited: readonly unknown[]
}

/** @throws TendrilError BAD_FRAME */
function readEnvelope (message: Message): Envelope {
  const [type, origin, epoch, , store, , incarnation, number, released, changes, hops, visited] = message
  const numbers = [epoch, incarnation, number, released, changes, hops]
  if (type !== envelopeType || !numbers.every(isCount)) throw bad('an envelope that is none')
  if (!(origin === '' || isName(origin, maxStoreBytes)) || !isName(store, maxStoreBytes)) throw bad('an envelope of nobody')
  if (!Array.isArray(visited) || visited.length > 1024 || !visited.every(id => isName(id, maxIdBytes))) throw bad('an envelope that was nowhere')
  const to = message[5] === everyone ? everyone : readId(message[5])
  const [at = 0, run = 0, count = 0, upTo = 0, kept = 0, passed = 0] = numbers
  return { sender: { origin, epoch: at, from: readId(message[3]), store, incarnation: run, released: upTo, changes: kept }, number: count, to, hops: passed, visited }
}
