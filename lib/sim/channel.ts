import type { Link, Message, Peer, Traffic } from '../core.js'
import type { Endpoint } from '../stream/endpoint.js'

/** A host as one connection sees it, which remembers the link that the connection has. */
export class Channel implements Endpoint {
  readonly name: string
  readonly kind: string
  readonly id: string
  readonly epoch: string
  readonly #host: Endpoint
  #link: Link | undefined

  constructor (host: Endpoint) {
    const { name, kind, id, epoch } = host
    this.name = name
    this.kind = kind
    this.id = id
    this.epoch = epoch
    this.#host = host
  }

  /** Whether the link has opened, and both ends hold what the other had. */
  get hasSynced (): boolean { return this.#link !== undefined && this.#host.isSynced(this.#link, false) }

  whenReady (callback: (error: Error | undefined) => void): void { this.#host.whenReady(callback) }
  whenRoomy (callback: () => void): void { this.#host.whenRoomy(callback) }

  open (peer: Peer, wake: () => void): Link {
    this.#link = this.#host.open(peer, wake)
    return this.#link
  }

  receive (link: Link, message: Message): void { this.#host.receive(link, message) }
  heard (link: Link): void { this.#host.heard?.(link) }
  pull (link: Link, maxBytes: number): Message | undefined { return this.#host.pull(link, maxBytes) }
  close (link: Link): void { this.#host.close(link) }
  isSynced (link: Link, hasLeft: boolean): boolean { return this.#host.isSynced(link, hasLeft) }
  traffic (link: Link): Traffic { return this.#host.traffic(link) }
}
