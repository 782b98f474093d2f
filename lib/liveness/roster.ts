import type { Entry } from '../gossip/entry.js'
import type { Now } from '../ground/clock.js'
import type { Value } from '../ground/values.js'
import { Glimpses } from './glimpses.js'
import { HearingGraph } from './graph.js'
import { MemberRecord } from './member.js'
import { Rivals } from './rivals.js'
import { isClaim, isGlimpse, isVerdict, lifeOf, readSlot } from './slots.js'
import type { Claim, Slot } from './slots.js'

/** A fact of a member's changed, or it passed a verdict on another one. */
export type Learned =
  | { readonly what: 'fact', readonly member: MemberRecord, readonly key: string, readonly before: Value | undefined }
  | Verdict

/** One member's word about a life of another: it has failed, or the member is put out for good. */
export interface Verdict {
  readonly what: 'verdict'
  readonly by: string
  readonly id: string
  readonly epoch: string
  readonly forGood: boolean
}

/** All members that were heard of, with what each says of itself, and who is reached through what they say. */
export class Roster {
  readonly #records = new Map<string, MemberRecord>()
  readonly graph: HearingGraph
  readonly rivals = new Rivals()
  readonly glimpses = new Glimpses()
  readonly self: MemberRecord
  #unknown = new Map<string, string>()
  /** Of whom something changed that decides on a status. */
  readonly touched = new Set<string>()
  #haveVerdictsChanged = true

  constructor (id: string, epoch: string, { monotonic, wall }: Now) {
    this.graph = new HearingGraph(id)
    this.self = new MemberRecord(id, epoch, monotonic, wall)
    this.self.status = 'alive'
    this.#records.set(id, this.self)
    this.graph.lives(id, epoch)
  }

  get size (): number { return this.#records.size }

  get (id: string): MemberRecord | undefined { return this.#records.get(id) }

  [Symbol.iterator] (): IterableIterator<MemberRecord> { return this.#records.values() }

  /** Whether anybody says something of this member, or it does itself: then there is to be a record of it. */
  isSpokenOf (id: string): boolean { return this.#records.has(id) || this.graph.isClaimed(id) || this.glimpses.has(id) }

  /** Whether a member is here: a chain of hearing leads to it, the last one of which may not know yet what it says. */
  isReached (id: string): boolean { return this.graph.reached().has(id) || this.#glimpsing(id).length > 0 }

  #glimpsing (id: string): string[] { return this.glimpses.of(id, this.#records.get(id)?.epoch).filter(from => this.graph.reached().has(from)) }

  /** Those who are reached and hear a member. */
  heardBy (id: string): string[] { return this.graph.heardBy(id).concat(this.#glimpsing(id)) }

  /** Those who came or went since the last call, and those who may have come or gone with them. */
  takeChanged (): string[] { return this.graph.takeChanged().flatMap(id => [id, ...this.glimpses.from(id)]) }

  /** A life of a member counts from now on. */
  live (id: string, epoch: string, { monotonic, wall }: Now): void {
    const record = this.#records.get(id)
    if (record === undefined) this.#records.set(id, new MemberRecord(id, epoch, monotonic, wall))
    else if (record.epoch !== epoch) this.#restart(record, epoch, monotonic)
    this.graph.lives(id, epoch)
    this.touched.add(id)
  }

  #restart (record: MemberRecord, epoch: string, at: number): void {
    if (record === this.self) { record.epoch = epoch; return }
    this.#forgetClaims(record)
    record.restart(epoch, at)
    this.verdictsChanged()
  }

  /** Lives that somebody claims to hear, of members of whom nothing else is known; those since the last call. */
  takeUnknown (): ReadonlyMap<string, string> {
    const unknown = this.#unknown
    if (unknown.size > 0) this.#unknown = new Map()
    return unknown
  }

  #forgetClaims ({ id: from, claims }: MemberRecord): void {
    for (const id of claims.keys()) {
      this.rivals.set(from, id, undefined)
      if (this.glimpses.from(from).has(id)) this.touched.add(id)
      this.glimpses.set(from, id, undefined)
    }
    this.graph.forget(from)
  }

  /** Others than before may be here who say that somebody is put out. */
  verdictsChanged (): void { this.#haveVerdictsChanged = true }

  /** Whether that is so since the last call. */
  takeVerdictsChanged (): boolean {
    const changed = this.#haveVerdictsChanged
    this.#haveVerdictsChanged = false
    return changed
  }

  /** Forgets a member. */
  remove (record: MemberRecord): void {
    this.verdictsChanged()
    this.#forgetClaims(record)
    this.graph.lives(record.id, undefined)
    this.#records.delete(record.id)
  }

  /** Takes in what a member says in a slot; a value that is undefined takes it back. */
  learn (entry: Entry, value: Value | undefined, now: Now): Learned | undefined {
    const slot = readSlot(entry.key)
    if (slot === undefined) return undefined
    if (!this.#records.has(slot.id)) this.live(slot.id, entry.source.epoch, now)
    const member = this.#records.get(slot.id)
    if (member === undefined || member.epoch !== entry.source.epoch) return undefined
    switch (slot.kind) {
      case 'm':
        member.isIntroduced = value !== undefined
        member.address = typeof value === 'string' ? value : undefined
        break
      case 'f': return this.#fact(member, slot, value)
      case 'h': this.#claim(member, slot, value); return undefined
      case 'x': return this.#verdict(member, slot, value)
      case 'l': member.hasLeft = value !== undefined
    }
    this.touched.add(member.id)
    return undefined
  }

  #fact (member: MemberRecord, { name }: Slot, value: Value | undefined): Learned {
    const before = member.facts.get(name)
    if (value === undefined) member.facts.delete(name)
    else member.facts.set(name, value)
    return { what: 'fact', member, key: name, before }
  }

  #verdict (member: MemberRecord, { name }: Slot, value: Value | undefined): Verdict | undefined {
    const isVerdictNow = value !== undefined && isVerdict(value)
    if (isVerdictNow && value[1]) member.evicts.add(name)
    else member.evicts.delete(name)
    this.verdictsChanged()
    return isVerdictNow ? { what: 'verdict', by: member.id, id: name, epoch: value[0], forGood: value[1] } : undefined
  }

  #claim (member: MemberRecord, { name }: Slot, value: Value | undefined): void {
    // Of its own ears this node knows first hand.
    if (value !== undefined && isClaim(value)) {
      member.claims.set(name, value)
      this.rivals.set(member.id, name, value)
      if (member !== this.self) this.hears(member.id, name, value)
      if (!this.#records.has(name)) this.#unknown.set(name, lifeOf(value))
    } else {
      member.claims.delete(name)
      this.rivals.set(member.id, name, undefined)
      if (member !== this.self) this.hears(member.id, name, undefined)
    }
    this.touched.add(name)
  }

  /** `from` hears `id`, or does not any more. */
  hears (from: string, id: string, claim: Claim | undefined): void {
    const life = claim === undefined ? undefined : lifeOf(claim)
    const isWhole = claim !== undefined && !isGlimpse(claim)
    if (isWhole && life !== undefined) this.graph.hears(from, id, life)
    else this.graph.hearsNot(from, id)
    this.glimpses.set(from, id, isWhole ? undefined : life)
  }
}
