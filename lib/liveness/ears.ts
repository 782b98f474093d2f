import type { Link, Message, Peer } from '../core.js'
import { livenessType } from './messages.js'
import { PhiDetector } from './phi.js'

/** One session, as far as it is listened to. */
export class Ear {
  readonly link: Link
  readonly id: string
  /** Whether it may be told anything. */
  readonly isTold: boolean
  /** The life at its other end. */
  epoch: string
  readonly detector: PhiDetector
  isHeard = true
  /** Whether what the peer had to tell when it was met is here: what it said before of others may be long over. */
  isCurrent = false
  readonly openedAt: number
  /** Its life can't have begun yet: it looked as if it could while this node's clock was wrong. */
  isImpossible = false
  /** When something was last sent, on the monotonic clock. */
  sentAt: number
  /** The rival of its life that is known of; what it answers from now on shows that it lives beside that one. */
  rival: string | undefined
  /** The rival it has answered beside. */
  confirmed = ''
  readonly outgoing: Message[] = []
  /** The ping that is awaited, and the rival that was known of when it left. */
  ping = { number: 0, rival: '' }

  constructor (link: Link, { id, epoch, sends }: Peer, detector: PhiDetector, at: number) {
    this.link = link
    this.id = id
    this.isTold = sends
    this.epoch = epoch
    this.detector = detector
    this.sentAt = this.openedAt = at
  }

  /** Asks for an answer. */
  ask (): void {
    this.ping = { number: this.ping.number + 1, rival: this.rival ?? '' }
    const unsent = this.outgoing.findIndex(([type]) => type === livenessType.ping)
    if (unsent >= 0) this.outgoing.splice(unsent, 1)
    this.outgoing.push([livenessType.ping, this.ping.number])
  }

  /** The peer began another life: what the old one answered says nothing of this one. */
  turn (epoch: string): void {
    this.epoch = epoch
    this.isImpossible = false
    this.rival = undefined
    this.confirmed = ''
    this.ping = { number: this.ping.number, rival: '' }
  }
}

export interface EarsOptions {
  readonly heartbeatMs: number
  readonly phiThreshold: number
}

/** How long a peer may take to answer after this process was asleep. */
export const answerMs = 1_000
/** So many messages of its own wait on a link at most: a peer that reads nothing need not be told more. */
const maxOutgoing = 64

/** All sessions of this node: which peers are heard on them, and what keeps this node heard. */
export class Ears {
  readonly #options: EarsOptions
  readonly #byLink = new Map<Link, Ear>()
  readonly #byId = new Map<string, Set<Ear>>()
  /** Links that have something to pull. */
  #wake: Link[] = []
  /** When a session may fall silent, or a beat is due: never later than that. */
  #deadline = Infinity

  constructor (options: EarsOptions) {
    this.#options = options
  }

  get deadline (): number { return this.#deadline }

  get (link: Link): Ear | undefined { return this.#byLink.get(link) }

  /** The sessions with a member. */
  of (id: string): ReadonlySet<Ear> { return this.#byId.get(id) ?? noEars }

  all (): IterableIterator<Ear> { return this.#byLink.values() }

  /** Whether anybody is heard to whom something may be told. */
  get isInCompany (): boolean {
    for (const ear of this.#byLink.values()) if (ear.isHeard && ear.isTold) return true
    return false
  }

  open (link: Link, peer: Peer, at: number): Ear {
    const { id } = peer
    const ear = new Ear(link, peer, new PhiDetector(this.#options, at), at)
    this.#byLink.set(link, ear)
    const group = this.#byId.get(id)
    if (group === undefined) this.#byId.set(id, new Set([ear]))
    else group.add(ear)
    this.#due(Math.min(ear.detector.silentAt, at + this.#options.heartbeatMs))
    return ear
  }

  close (link: Link): Ear | undefined {
    const ear = this.#byLink.get(link)
    if (ear === undefined) return undefined
    this.#byLink.delete(link)
    const group = this.#byId.get(ear.id)
    group?.delete(ear)
    if (group?.size === 0) this.#byId.delete(ear.id)
    return ear
  }

  /** Bytes came over a link. @returns whether its peer is heard again */
  heard (ear: Ear, at: number): boolean {
    // What waited while this process was asleep was sent at any time: only an answer shows that the peer is there now.
    if (ear.detector.awaitsAnswer) return false
    ear.detector.heard(at)
    return this.#hears(ear)
  }

  /** A ping was answered; an answer to an older one says nothing of now. */
  answered (ear: Ear, number: number, at: number): void {
    if (number !== ear.ping.number) return
    ear.confirmed = ear.ping.rival
    ear.detector.heard(at)
    this.#hears(ear)
  }

  #hears (ear: Ear): boolean {
    if (ear.isHeard) return false
    ear.isHeard = true
    this.#due(ear.detector.silentAt)
    return true
  }

  /** This process slept from one time to another: the peers have some time to answer. */
  slept (from: number, to: number): void {
    for (const ear of this.#byLink.values()) {
      if (!ear.isHeard) continue
      ear.detector.forgive(from, to, answerMs)
      this.ask(ear)
      this.#due(ear.detector.silentAt)
    }
  }

  ask (ear: Ear): void {
    ear.ask()
    this.#wake.push(ear.link)
  }

  /** Has a message sent. */
  send (ear: Ear, message: Message): void {
    if (ear.outgoing.length >= maxOutgoing) return
    ear.outgoing.push(message)
    this.#wake.push(ear.link)
  }

  /** Looks who has fallen silent, and sends beats where they are due. @returns those who have */
  tick (at: number): Ear[] {
    if (at < this.#deadline) return []
    const silent: Ear[] = []
    this.#deadline = Infinity
    for (const ear of this.#byLink.values()) {
      if (ear.isHeard && !ear.detector.isHeard(at)) {
        ear.isHeard = false
        silent.push(ear)
      }
      if (ear.isHeard) this.#due(ear.detector.silentAt)
      if (at >= ear.sentAt + this.#options.heartbeatMs) {
        if (ear.outgoing.length === 0) this.send(ear, [livenessType.beat])
        ear.sentAt = at
      }
      this.#due(ear.sentAt + this.#options.heartbeatMs)
    }
    return silent
  }

  #due (at: number): void { this.#deadline = Math.min(this.#deadline, at) }

  /** The next message of these on a link. */
  pull (link: Link): Message | undefined { return this.#byLink.get(link)?.outgoing.shift() }

  /** Something was sent on a link. */
  sent (link: Link, at: number): void {
    const ear = this.#byLink.get(link)
    if (ear !== undefined) ear.sentAt = at
  }

  takeWakes (): Link[] {
    const wakes = this.#wake
    if (wakes.length > 0) this.#wake = []
    return wakes
  }
}

const noEars: ReadonlySet<Ear> = new Set()
