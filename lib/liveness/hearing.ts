import { assert } from '../ground/assert.js'
import type { Link, Message, Peer } from '../core.js'
import { Ears } from './ears.js'
import type { Ear, EarsOptions } from './ears.js'
import type { Facts } from './facts.js'
import { settleMs } from './member.js'
import type { MemberRecord } from './member.js'
import { livenessType } from './messages.js'
import type { LivenessMessage } from './messages.js'
import { isGlimpse } from './slots.js'
import type { Claim } from './slots.js'

export interface HearingOptions extends EarsOptions {
  readonly suspectMs: number
  readonly random: () => number
}

/** How many members are asked to look after one who is lost: so many in all, and by each who lost it no more than this. */
const probers = { all: 6, each: 3 }
/** How long a member is not dialed again because others ask, in heartbeats. */
const redialBeats = 10
/** This node begins a life once in so long at most, whoever declares it failed. */
const renewalMs = 1_000
/** How long another life of one's own id must be heard by nobody, to be taken for one from before. */
const leftoverMs = 500
/** So many conflicts are remembered as told. */
const maxConflicts = 1_000

/** Whom this node hears, and what it says of that: its claims. */
export class Hearing {
  readonly #options: HearingOptions
  readonly #facts: Facts
  readonly ears: Ears
  /** Members whose own claim may have to be written, and from when on it may be. */
  #unclaimed = new Set<string>()
  #claimAt = -Infinity
  /** Members with whom this node had a session, and hears on none any more. */
  readonly #missed = new Set<string>()
  /** When a member was last dialed because others had asked. */
  readonly #probedAt = new Map<string, number>()
  /** When this node last began another life. */
  #renewedAt = -Infinity
  #isToRenew = false
  /** Conflicts that were told, by the life that lost. */
  readonly #conflicts = new Set<string>()

  constructor (options: HearingOptions, facts: Facts) {
    this.#options = options
    this.#facts = facts
    this.ears = new Ears(options)
  }

  // Sessions

  open (link: Link, peer: Peer): void {
    const ear = this.ears.open(link, peer, this.#at)
    this.#turnedTo(ear)
    this.took(ear)
  }

  close (link: Link): void {
    const ear = this.ears.close(link)
    if (ear !== undefined) this.#lost([ear])
  }

  /** Facts may have come over a link. */
  took (ear: Ear): void {
    if (ear.isCurrent || !this.#facts.gossip.hasTaken(ear.link)) return
    ear.isCurrent = true
    this.#turnedTo(ear)
  }

  /** Bytes came over a link. @returns whether that changed anything */
  heard (ear: Ear): boolean {
    if (!this.ears.heard(ear, this.#at)) return false
    this.#turnedTo(ear)
    return true
  }

  tick (): void {
    const silent = this.ears.tick(this.#at)
    if (silent.length > 0) this.#lost(silent)
  }

  /** Takes in what a peer says beside facts. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
  converse (ear: Ear, message: LivenessMessage): void {
    switch (message.type) {
      case 'beat': break
      case 'ping': this.ears.send(ear, [livenessType.pong, message.number]); break
      case 'pong':
        this.ears.answered(ear, message.number, this.#at)
        this.#turnedTo(ear)
        break
      case 'life':
        this.#facts.inspector.life(message.epoch, this.#facts.now)
        if (message.epoch > ear.epoch || ear.isImpossible) ear.turn(message.epoch)
        this.#turnedTo(ear)
        break
      case 'probe': this.#probe(message.id)
    }
  }

  /** The clock has stepped back: it looked, and looks no more, as if some had begun their lives by now, this node perhaps among them. */
  disown (): void {
    const { births, epoch, now } = this.#facts
    this.#facts.disown()
    for (const ear of this.ears.all()) ear.isImpossible = !births.isPossible(ear.epoch, now)
    if (!births.isPossible(epoch, now)) this.renew()
  }

  /** Somebody has lost a member. However many ask, it is dialed once in a while. */
  #probe (id: string): void {
    const address = this.#facts.roster.get(id)?.address
    const since = this.#at - (this.#probedAt.get(id) ?? -Infinity)
    if (address === undefined || this.#hears(id) || since < redialBeats * this.#options.heartbeatMs) return
    this.#probedAt.set(id, this.#at)
    this.#facts.tell({ kind: 'probe', id, address })
  }

  /** Nobody who is reached hears these members any more. Others are asked to dial them; who hears nobody dials itself. */
  seek (lost: readonly MemberRecord[]): void {
    if (this.#facts.isRefused || this.#facts.self.hasLeft) return
    const others = [...this.ears.all()].filter(({ isHeard }) => isHeard)
    if (others.length > 0) for (const record of lost) this.#ask(record, others)
    else for (const { id } of this.#some(lost, probers.all)) this.#probe(id)
  }

  /**
   * Those who had a session with a lost member ask others to dial it, SWIM's ping-req. Not before nobody hears it any more:
   * as long as somebody does, a link more tells nothing. Those who hear a member are about as many as it says that it hears.
   */
  #ask ({ id, claims }: MemberRecord, others: readonly Ear[]): void {
    if (!this.#missed.has(id)) return
    const count = Math.min(probers.each, Math.ceil(probers.all / claims.size))
    for (const other of this.#some(others.filter(other => other.id !== id), count)) this.ears.send(other, [livenessType.probe, id])
  }

  /** So many of them, drawn at random. */
  #some<T> (all: readonly T[], count: number): T[] {
    const left = [...all]
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(Math.floor(this.#options.random() * left.length), 1)).flat()
  }

  /** Has a member say something, on every session with it. */
  ask (id: string): void {
    for (const ear of this.ears.of(id)) this.ears.ask(ear)
  }

  pull (link: Link): Message | undefined { return this.ears.pull(link) }

  get #at (): number { return this.#facts.now.monotonic }

  #hears (id: string): boolean { return [...this.ears.of(id)].some(({ isHeard }) => isHeard) }

  #turnedTo ({ id, epoch, isHeard }: Ear): void {
    if (isHeard) this.#missed.delete(id)
    this.#unclaimed.add(id)
    this.#facts.recall(id, epoch)
    this.#facts.roster.touched.add(id)
  }

  /** Peers are not heard on these sessions any more. */
  #lost (ears: readonly Ear[]): void {
    for (const { id } of ears) {
      this.#unclaimed.add(id)
      if (this.#facts.roster.get(id) !== undefined && !this.#hears(id)) this.#missed.add(id)
    }
    if (!this.ears.isInCompany) this.#facts.tell({ kind: 'alone' })
  }

  // Claims

  /** When something is to be said or looked at next. */
  get deadline (): number {
    const claimAt = this.#unclaimed.size === 0 ? Infinity : this.#claimAt
    const { usurper } = this.#facts
    const renewAt = this.#isToRenew ? this.#renewedAt + renewalMs : Infinity
    return Math.min(this.ears.deadline, claimAt, renewAt, usurper === undefined ? Infinity : usurper.at + leftoverMs)
  }

  /** Draws the consequences of what was heard since: in the graph at once, in claims a few times a second. */
  settle (): void {
    for (const id of this.#unclaimed) this.#point(id)
    if (this.#facts.isRefused) {
      // What it still had to say would be overdue for ever.
      this.#unclaimed.clear()
      this.#isToRenew = false
      return
    }
    if (this.#unclaimed.size > 0 && this.#at >= this.#claimAt) this.#claim()
    this.#meetUsurper()
    if (this.#facts.gossip.replica.isOvertaken && !this.#facts.isRefused) this.renew()
    if (this.#isToRenew && this.#at >= this.#renewedAt + renewalMs) this.#renew()
  }

  #point (id: string): void {
    const { roster } = this.#facts
    roster.hears(this.#facts.id, id, this.#claimAbout(id))
    roster.touched.add(id)
  }

  /** What this node says of a member: the lives that it hears, each with the rival beside which it has answered. */
  #claimAbout (id: string): Claim | undefined {
    const heard = [...this.ears.of(id)].filter(({ isHeard }) => isHeard)
    const lives = new Map<string, string>()
    for (const { epoch, isCurrent, confirmed } of heard) {
      if (isCurrent) lives.set(epoch, confirmed === '' ? lives.get(epoch) ?? '' : confirmed)
    }
    const [first] = lives
    if (first === undefined) return heard.length === 0 ? undefined : heard.map(({ epoch }) => epoch).sort().slice(-1)
    return lives.size === 1 && first[1] === '' ? first[0] : [...lives].sort().flat()
  }

  /** Mostly all is here a moment after the two have met: it would be told twice. */
  #isNew (id: string): boolean {
    return [...this.ears.of(id)].every(({ isHeard, openedAt }) => !isHeard || this.#at < openedAt + this.#options.suspectMs / 2)
  }

  /** Claims that change at about the same time travel as one. */
  #claim (): void {
    const { gossip: { replica }, self } = this.#facts
    const { last } = replica.sequence
    const early = new Set<string>()
    for (const id of this.#unclaimed) {
      const claim = this.#claimAbout(id)
      const isEarly = claim !== undefined && isGlimpse(claim) && this.#isNew(id)
      if (isEarly) early.add(id)
      if (!isSame(isEarly ? undefined : claim, self.claims.get(id))) this.#facts.write('h', id, isEarly ? null : claim ?? null)
    }
    this.#unclaimed = early
    if (replica.sequence.last > last || early.size > 0) this.#claimAt = this.#at + settleMs
  }

  // Two lives of one id

  /** Each is asked whether it lives beside the other; both answers together are a conflict. */
  compare (id: string): void {
    const { rivals, graph } = this.#facts.roster
    const current = this.#facts.roster.get(id)?.epoch
    for (const ear of this.ears.of(id)) {
      const rival = current !== undefined && current > ear.epoch ? current : rivals.rivalOf(id, ear.epoch)
      if (!ear.isHeard || rival === undefined || rival === ear.rival) continue
      ear.rival = rival
      this.ears.ask(ear)
    }
    const conflict = rivals.conflict(id, from => graph.reached().has(from))
    if (conflict !== undefined) this.tellConflict(id, conflict.loser)
  }

  /** Two holders of an id are alive: this is told once, and the one whose life it is stops. */
  tellConflict (id: string, loser: string): void {
    if (this.#facts.isRefused || this.#conflicts.has(loser)) return
    // Whoever comes under this node's id again and again takes no memory.
    const [oldest] = this.#conflicts
    if (oldest !== undefined && this.#conflicts.size >= maxConflicts) this.#conflicts.delete(oldest)
    this.#conflicts.add(loser)
    this.#facts.tell({ kind: 'conflict', id })
    if (id === this.#facts.id && loser === this.#facts.epoch) this.#facts.refuse('DUPLICATE_ID')
  }

  /** A later life of the own id: one from before, that nobody hears, is outlived in turn; one that is heard is a rival's. */
  #meetUsurper (): void {
    const { usurper, roster, id } = this.#facts
    if (usurper === undefined || this.#at < usurper.at + leftoverMs) return
    const reached = roster.graph.reached()
    const isHeard = [...roster].some(member => reached.has(member.id) && isHeardIn(member.claims.get(id), usurper.epoch))
    if (isHeard) usurper.at = this.#at
    else this.renew()
  }

  /** Another life is to begin, as soon as the last one is old enough. */
  renew (): void { this.#isToRenew = true }

  /** Begins another life, and tells all peers. */
  #renew (): void {
    this.#isToRenew = false
    this.#renewedAt = this.#at
    this.#facts.renew()
    for (const ear of this.ears.all()) this.ears.send(ear, [livenessType.life, this.#facts.epoch])
  }

  /** A member is forgotten. */
  forget (id: string, epoch: string): void {
    this.#conflicts.delete(epoch)
    this.#missed.delete(id)
    this.#probedAt.delete(id)
    this.#facts.retract('h', id)
  }

  check (): void {
    if (this.#facts.isRefused) return
    for (const [id, claim] of this.#facts.self.claims) {
      if (!this.#unclaimed.has(id)) assert(isSame(claim, this.#claimAbout(id)), 'a claim says what the ears hear')
    }
  }
}

/** Whether a claim says that this life is heard: to know of it as a rival is another thing. */
function isHeardIn (claim: Claim | undefined, epoch: string): boolean {
  return typeof claim === 'string' ? claim === epoch : claim?.some((life, i) => i % 2 === 0 && life === epoch) === true
}

function isSame (a: Claim | undefined, b: Claim | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && String(a) === String(b))
}
