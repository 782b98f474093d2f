import type { Message } from '../core.js'
import type { Now } from '../ground/clock.js'
import type { Entry } from './entry.js'
import type { Cursor } from './log.js'
import { messageType, writeVersions } from './messages.js'
import type { GossipMessage, Versioned } from './messages.js'
import type { Resume } from './records.js'
import type { Replica } from './replica.js'
import type { Skips } from './skips.js'
import { PeerDigest } from './peer-digest.js'
import type { Source } from './source.js'
import { bad, readEntry } from './wire-entry.js'

type Told<T extends GossipMessage['type']> = Extract<GossipMessage, { type: T }>

/** One peer's log being taken in: where it has come to, what is to be acknowledged, the join under way. */
export class Taking {
  readonly #replica: Replica
  /** Told what came from this peer, so that it is not echoed there. */
  readonly #skips: Skips | undefined
  #wants: Resume | undefined
  #digest: Cursor<Source> | undefined
  /** Whether our digest went out and may be answered by a full join. */
  #mayJoin = false
  #retired: Iterator<[number, number]> | undefined
  readonly #due: Acknowledgement[] = []
  #join: Joining | undefined
  #hasClosed = false
  /** Whether what the peer had to tell when the two met has been taken in: from then on it may come to more at any time. */
  hasMet = false
  /** How far the peer's log is known here: where the next session with it goes on. */
  resume: Resume
  entriesIn = 0
  duplicates = 0

  constructor (replica: Replica, skips: Skips | undefined, epoch: string, resume: Resume | undefined) {
    this.#replica = replica
    this.#skips = skips
    this.resume = resume?.epoch === epoch ? resume : { epoch, delivered: 0, closed: 0 }
    if (this.resume === resume) this.#wants = resume
    else this.ask()
  }

  /** Whether the peer's log has been taken in to its end once, and that was acknowledged, unless the peer has left. */
  isSynced (hasLeft: boolean): boolean { return this.#hasClosed && (hasLeft || this.#due.length === 0) }

  // What the peer sends

  /** The peer can't go on from where we were: it asks for our digest. */
  ask (): void {
    this.release()
    this.#digest = this.#replica.sources.log.cursor(0)
    this.#retired = this.#replica.sources.retired[Symbol.iterator]()
    this.#wants = undefined
    this.#join = undefined
  }

  /** @throws TendrilError BAD_FRAME where it answers no digest: each join costs a walk over all that is held */
  beginJoin (): void {
    if (!this.#mayJoin) throw bad('a full join that nobody asked for')
    this.#mayJoin = false
    this.#join = { deltas: [], digest: new PeerDigest(), floors: new PeerDigest(), resume: this.resume }
  }

  delta (delta: Told<'delta'>, now: Now): void {
    this.entriesIn += delta.entries.length
    // What a forgotten context or delete had superseded, only the end of a join tells: half a join is a half-truth.
    if (this.#join !== undefined) this.#join.deltas.push({ delta, cameAt: now })
    else this.#merge(delta, now, now, undefined)
    this.#reach({ delivered: delta.position })
  }

  /** `seen` takes what is held now of what the peer holds. */
  #merge ({ sources, base, entries }: Told<'delta'>, cameAt: Now, now: Now, seen: Set<Entry> | undefined): void {
    const { sequence } = this.#replica
    const known = sources.map(name => this.#replica.sources.get(name))
    for (const wire of entries) {
      const source = known[wire[1]]
      if (source === undefined) continue
      if (!this.#replica.guardOwn(source.name, wire[2], now)) continue
      const arrivals = sequence.last
      const entry = readEntry(wire, base, source, known, cameAt)
      const context = entry.rarely?.context
      const held = this.#replica.merge(entry, now)
      if (held !== undefined) seen?.add(held)
      if (sequence.last === arrivals) this.duplicates++
      // What was learned on the way in, the peer may lack: only what is held as it came is not sent back.
      else if (held === entry && entry.rarely?.context === context) this.#skips?.add(arrivals + 1, sequence.last)
    }
  }

  /** @returns whether anything became known that our own peers may lack, and would not be told */
  mark ({ position, closed, end, versions }: Told<'mark'>, now: Now): boolean {
    let isNews = false
    if (this.#join !== undefined) {
      this.#join.digest.add(versions)
    } else {
      const from = this.#replica.sequence.last
      const digest = new PeerDigest()
      digest.add(versions)
      isNews = this.#cover(digest, false, now)
      this.#skips?.add(from + 1, this.#replica.sequence.last)
      this.hasMet = true
      if (end) this.#hasClosed = true
    }
    this.#reach({ delivered: position, closed })
    return isNews
  }

  /**
   * The join is whole, and taken in at once. What is held here, covered by the peer's digest, and not held there, has been superseded; what is
   * not covered is news. The peer's floor becomes ours, so that our own peers learn of it as well.
   * @returns whether anything became known that our own peers may lack
   */
  joined ({ last, floors }: Told<'joined'>, now: Now): boolean {
    const join = this.#join
    if (join === undefined) return false
    join.floors.add(floors)
    if (!last) return false
    this.#join = undefined
    const seen = new Set<Entry>()
    for (const { delta, cameAt } of join.deltas) this.#merge(delta, cameAt, now, seen)
    const dropped = this.#dropSuperseded(join.digest, seen)
    const isNews = this.#cover(join.digest, true, now)
    const rose = this.#raiseFloors(join)
    this.#hasClosed = this.hasMet = true
    this.#reach(join.resume)
    return dropped || isNews || rose
  }

  #dropSuperseded (digest: PeerDigest, seen: ReadonlySet<Entry>): boolean {
    let dropped = false
    const { entries } = this.#replica
    for (let entry = entries.first; entry !== undefined;) {
      const next = entry.after
      if (!seen.has(entry) && entry.version <= digest.version(entry.source) && this.#replica.mayBeSuperseded(entry)) {
        this.#replica.supersede(entry)
        dropped = true
      }
      entry = next
    }
    return dropped
  }

  /** A floor is taken over as far as the digest that came with it: beyond that, nothing was forgotten that we lack. */
  #raiseFloors ({ floors, digest }: Joining): boolean {
    let rose = false
    for (const [name, version] of floors.names) {
      const covered = Math.min(version, digest.names.get(name) ?? 0)
      if (covered === 0) continue
      const source = this.#replica.sources.get(name)
      if (covered <= source.floor) continue
      this.#replica.sources.raiseFloor(source, covered)
      rose = true
    }
    return rose
  }

  #cover (digest: PeerDigest, floors: boolean, now: Now): boolean {
    const { sources } = this.#replica
    for (const [name, version] of digest.names) {
      if (this.#replica.guardOwn(name, version, now)) sources.cover(sources.get(name), version, now)
    }
    return digest.retired.size > 0 && sources.coverRetired(digest.retired, floors, now)
  }

  /** Notes how far the peer's log has come, and acknowledges it; of a join all at once, when it is whole. */
  #reach (place: { delivered: number, closed?: number }): void {
    if (this.#join !== undefined) {
      this.#join.resume = { ...this.#join.resume, ...place }
      return
    }
    this.resume = { ...this.resume, ...place }
    this.#acknowledge(place.delivered, this.#replica.sequence.last)
  }

  /** The peer says that its log up to there holds nothing new for us. */
  passed (delivered: number, closed: number): void {
    if (delivered > this.resume.delivered && this.#join === undefined) this.resume = { ...this.resume, delivered, closed }
  }

  // What the peer gets

  /** Acknowledges `position` of the peer's log once our own `sequence` is durable: one waits, the latest stands behind. */
  #acknowledge (position: number, sequence: number): void {
    if (this.#due.length > 1) this.#due.pop()
    this.#due.push({ position, sequence })
  }

  /** The place in the peer's log whose acknowledgement may leave now. */
  takeAcknowledgement (durable: number): number | undefined {
    let position: number | undefined
    for (let due = this.#due[0]; due !== undefined && due.sequence <= durable; due = this.#due[0]) {
      position = due.position
      this.#due.shift()
    }
    return position
  }

  /** What asks the peer to serve. */
  pull (maxBytes: number): Message | undefined {
    if (this.#wants !== undefined) {
      const { delivered, closed } = this.#wants
      this.#wants = undefined
      return [messageType.want, delivered, closed]
    }
    if (this.#digest === undefined) return undefined
    const versions: Versioned[] = []
    let bytes = 0
    for (let source = this.#digest.next; source !== undefined && bytes < maxBytes; source = this.#digest.next) {
      this.#replica.sources.log.advance(this.#digest)
      versions.push({ source: source.name, version: source.version })
      bytes += source.name.length + 8
    }
    for (; this.#retired !== undefined && this.#digest.next === undefined && bytes < maxBytes; bytes += 14) {
      const step = this.#retired.next()
      if (step.done === true) this.#retired = undefined
      else versions.push({ source: step.value[0], version: step.value[1] })
    }
    const last = this.#digest.next === undefined && this.#retired === undefined
    if (last) this.release()
    this.#mayJoin = last
    return [messageType.digest, last, writeVersions(versions)]
  }

  release (): void {
    if (this.#digest !== undefined) this.#replica.sources.log.release(this.#digest)
    this.#digest = undefined
  }
}

interface Acknowledgement { readonly position: number, readonly sequence: number }

/** A full join under way: what the peer holds, and when that came; its digest, its floors, and where its log goes on. */
interface Joining {
  readonly deltas: Array<{ readonly delta: Told<'delta'>, readonly cameAt: Now }>
  readonly digest: PeerDigest
  readonly floors: PeerDigest
  resume: Resume
}
