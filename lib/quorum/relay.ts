import type { Link, Message, Traffic } from '../core.js'
import { everyone, mostVisited, readBodies, readEnvelope, writeEnvelope } from './envelope.js'
import type { Sender } from './envelope.js'
import { bodyLength, writeBody } from './messages.js'
import type { Body } from './messages.js'
import { packedLength } from './packed-length.js'

export interface RelayOptions {
  readonly id: string
  /** The neighbour that is next on the way to a member; without one, or undefined: every neighbour. */
  readonly nextHop?: ((to: string) => string | undefined) | undefined
  /** Whether a store may speak for an id, as far as is known. */
  readonly admits: (id: string, store: string) => boolean
  /** What is longer is not passed on: the next one would not take it, and blame this node for it. */
  readonly maxMessageBytes?: number | undefined
}

interface Neighbour {
  readonly id: string
  readonly store: string
  readonly queue: Outgoing[]
  sent: number
  received: number
  /** The number of what it carried last, of all links; of its opening, where it has carried nothing. */
  heardAt: number
}

/** An envelope that waits in one queue or in several: as long as nobody has pulled it, more may be put into it. */
interface Outgoing {
  sender: Sender
  readonly to: string
  readonly visited: readonly string[]
  readonly bodies: unknown[]
  /** In characters. */
  length: number
  /** As it travels, from when it was pulled first. */
  message: Message | undefined
}

/** What came, and is for this node. */
export interface Arrival {
  readonly sender: Sender
  readonly bodies: readonly Body[]
}

/** An envelope is about so long, and longer only by its one body, in characters. */
const fullLength = 16_384
/** All that waits for an answer is said again, so what a slow neighbour can't take may be dropped. */
const mostQueued = 512
const mostRemembered = 8_192
const mostHops = 32
/** Of what others say so many bytes wait for a slow neighbour: the longer they are, the fewer of them. */
const mostRelayedBytes = 2 ** 23

/**
 * Carries messages between members that may have no link with each other: along a next hop where one is known, else over
 * every link. An envelope names who has been handed it already, and each member takes it once. What one turn has to say to the same
 * member shares an envelope.
 */
export class Relay {
  readonly links = new Map<Link, Neighbour>()
  readonly #options: RelayOptions
  readonly #seen = new Set<string>()
  /** By receiver, and those that go over every link by themselves: envelopes that nobody has pulled yet. */
  readonly #open = { straight: new Map<string, Outgoing>(), wide: new Map<string, Outgoing>() }
  readonly #wake = new Set<Link>()
  #number = 0
  #heard = 0
  /** How often links came or went. */
  version = 0
  /** Messages for others, and from others, over all links so far. */
  sent = 0
  received = 0

  constructor (options: RelayOptions) {
    this.#options = options
  }

  /** Whom links lead to. Whoever is not who it says it is carries messages as others do, but is nobody: the empty id. */
  neighbours (): ReadonlySet<string> {
    const ids = new Set<string>()
    for (const { id, store } of this.links.values()) ids.add(this.#options.admits(id, store) ? id : everyone)
    return ids
  }

  open (link: Link, id: string, store: string): void {
    this.links.set(link, { id, store, queue: [], sent: 0, received: 0, heardAt: ++this.#heard })
    this.#linksChanged()
  }

  close (link: Link): void {
    this.links.delete(link)
    this.#linksChanged()
  }

  /** Which way an envelope goes was decided by the links that there were. */
  #linksChanged (): void {
    this.version++
    this.#open.straight.clear()
    this.#open.wide.clear()
  }

  // Out

  /** `to`: `everyone` for all who can be reached. `wide`: over every link, as the straight way has not led to an answer. */
  send (to: string, body: Body, sender: Sender, wide: boolean): void {
    const open = wide ? this.#open.wide : this.#open.straight
    const length = bodyLength(body)
    const known = open.get(to)
    if (known !== undefined && known.message === undefined && known.length + length <= fullLength && speaksAlike(known.sender, sender)) {
      known.sender = sender
      known.bodies.push(writeBody(body))
      known.length += length
      return
    }
    const { handed, links } = this.#waysTo(to, [sender.from], wide)
    const outgoing: Outgoing = { sender, to, visited: handed, bodies: [writeBody(body)], length, message: undefined }
    open.set(to, outgoing)
    this.#queue(outgoing, links)
  }

  /** Over which links to go, and who will have been handed it then. */
  #waysTo (to: string, visited: readonly string[], wide: boolean): { readonly handed: readonly string[], readonly links: readonly Link[] } {
    const next = wide ? undefined : this.#linkTo(to) ?? this.#linkTo(this.#options.nextHop?.(to))
    const links = next !== undefined ? [next] : [...this.links.keys()].filter(link => !visited.includes(this.links.get(link)!.id))
    return { links, handed: [...new Set([...visited, ...links.map(link => this.links.get(link)!.id)])].slice(0, mostVisited) }
  }

  #queue (outgoing: Outgoing, links: readonly Link[]): void {
    for (const link of links) {
      const { queue } = this.links.get(link)!
      if (queue.length >= mostQueued) continue
      queue.push(outgoing)
      this.#wake.add(link)
    }
  }

  /** What others say, where it still fits. */
  #pass (outgoing: Outgoing, message: Message, links: readonly Link[]): void {
    const bytes = packedLength(message)
    if (bytes > (this.#options.maxMessageBytes ?? Infinity)) return
    this.#queue(outgoing, links.filter(link => bytes * (this.links.get(link)!.queue.length + 1) <= mostRelayedBytes))
  }

  /** Of several, the one that was heard last: an older one may lead nowhere, and not have been closed. */
  #linkTo (id: string | undefined): Link | undefined {
    if (id === undefined || id === everyone) return undefined
    let found: Link | undefined
    let heardAt = 0
    for (const [link, neighbour] of this.links) {
      if (neighbour.id !== id || neighbour.heardAt < heardAt || !this.#options.admits(id, neighbour.store)) continue
      found = link
      heardAt = neighbour.heardAt
    }
    return found
  }

  pull (link: Link): Message | undefined {
    const neighbour = this.links.get(link)
    const outgoing = neighbour?.queue.shift()
    if (neighbour === undefined || outgoing === undefined) return undefined
    const { sender, to, visited, bodies } = outgoing
    outgoing.message ??= writeEnvelope(sender, { number: ++this.#number, to, hops: 0, visited }, bodies)
    neighbour.sent += bodies.length
    this.sent += bodies.length
    return outgoing.message
  }

  takeWake (): Link[] {
    if (this.#wake.size === 0) return []
    const wake = [...this.#wake].filter(link => this.links.has(link))
    this.#wake.clear()
    return wake
  }

  // In

  /** @returns what is for this node; undefined: nothing is, or not again. @throws TendrilError BAD_FRAME */
  receive (link: Link, message: Message): Arrival | undefined {
    const { sender, address, bodies } = readEnvelope(message)
    const { number, to, hops, visited } = address
    const { id } = this.#options
    const isMine = to === id || to === everyone
    const read = readBodies(bodies)
    const neighbour = this.links.get(link)
    if (neighbour !== undefined) {
      neighbour.received += read.length
      neighbour.heardAt = ++this.#heard
    }
    this.received += read.length
    if (sender.from === id || !this.#remember(`${sender.from} ${sender.store} ${sender.incarnation} ${number}`)) return undefined
    if (to !== id && hops < mostHops) {
      const { handed, links } = this.#waysTo(to, [...new Set([...visited, id])], false)
      // Of the bodies no more is passed on than was understood.
      const understood = read.map(writeBody)
      const passed = writeEnvelope(sender, { number, to, hops: hops + 1, visited: handed }, understood)
      this.#pass({ sender, to, visited: handed, bodies: understood, length: fullLength, message: passed }, passed, links)
    }
    return isMine ? { sender, bodies: read } : undefined
  }

  /** @returns whether it was new */
  #remember (key: string): boolean {
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    if (this.#seen.size > mostRemembered) this.#seen.delete(this.#seen.values().next().value ?? '')
    return true
  }

  traffic (link: Link): Traffic {
    const { sent = 0, received = 0 } = this.links.get(link) ?? {}
    return { entriesIn: received, entriesOut: sent, duplicates: 0 }
  }
}

/** What they say may share an envelope: in one run, of one configuration. */
function speaksAlike (one: Sender, other: Sender): boolean {
  return one.epoch === other.epoch && one.incarnation === other.incarnation && one.origin === other.origin && one.store === other.store
}
