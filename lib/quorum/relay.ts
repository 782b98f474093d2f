import type { Link, Message } from '../core.js'
import { maxIdBytes, isName } from '../ground/ids.js'
import { bad } from './cells.js'
import { readBody, readId, writeBody } from './messages.js'
import type { Body } from './messages.js'
import { isCount } from './terms.js'

/** Who says something, of which run, and up to which of its operations it waits for none any more. */
export interface Sender {
  readonly from: string
  readonly incarnation: number
  readonly released: number
}

export interface Received extends Sender {
  readonly body: Body
}

export interface RelayOptions {
  readonly id: string
  /** Of the configuration: what was said in another is not heard. */
  readonly epoch: number
  /** The neighbour that is next on the way to a member; without one, or undefined: every neighbour. */
  readonly nextHop?: ((to: string) => string | undefined) | undefined
}

interface Neighbour {
  readonly id: string
  readonly queue: Message[]
  sent: number
  received: number
}

const envelopeType = 1
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

  get neighbours (): ReadonlySet<string> { return new Set(Array.from(this.links.values(), ({ id }) => id)) }

  open (link: Link, id: string): void { this.links.set(link, { id, queue: [], sent: 0, received: 0 }) }

  close (link: Link): void { this.links.delete(link) }

  /** `wide`: over every link, as the straight way has not led to an answer. */
  send (to: string, body: Body, { incarnation, released }: Sender, wide: boolean): void {
    const { id, epoch } = this.#options
    this.#number++
    this.#remember(`${id} ${incarnation} ${this.#number}`)
    this.#carry([envelopeType, epoch, id, to, incarnation, this.#number, released, 0, [id], writeBody(body)], to, wide)
  }

  /** @returns what is for this node; undefined: nothing is, or not again. @throws TendrilError BAD_FRAME */
  receive (link: Link, message: Message): Received | undefined {
    const neighbour = this.links.get(link)
    if (neighbour !== undefined) neighbour.received++
    this.received++
    const [type, epoch, , , incarnation, number, released, hops, visited, inner] = message
    const [from, to] = [readId(message[2]), readId(message[3])]
    if (type !== envelopeType || ![epoch, incarnation, number, released, hops].every(isCount)) throw bad('an envelope that is none')
    if (!Array.isArray(visited) || visited.length > 1024 || !visited.every(id => isName(id, maxIdBytes))) throw bad('an envelope that was nowhere')
    const body = readBody(inner)
    const { id } = this.#options
    if (epoch !== this.#options.epoch || from === id || !this.#remember(`${from} ${incarnation as number} ${number as number}`)) return undefined
    if (to === id) return { from, incarnation: incarnation as number, released: released as number, body }
    if ((hops as number) < mostHops) {
      this.#carry([...message.slice(0, 7), (hops as number) + 1, [...new Set([...visited, id])], inner], to, false)
    }
    return undefined
  }

  #carry (envelope: unknown[], to: string, wide: boolean): void {
    const visited = envelope[8] as readonly string[]
    const next = this.#linkTo(to) ?? this.#linkTo(this.#options.nextHop?.(to))
    const links = next !== undefined && !wide
      ? [next]
      : this.#onePerNeighbour().filter(link => !visited.includes(this.links.get(link)!.id))
    const handed = [...new Set([...visited, ...links.map(link => this.links.get(link)!.id)])]
    for (const link of links) {
      const { queue } = this.links.get(link)!
      if (queue.length >= mostQueued) continue
      queue.push([...envelope.slice(0, 8), handed, envelope[9]])
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
