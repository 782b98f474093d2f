import type { Message } from '../core.js'
import type { Now } from '../ground/clock.js'
import type { Entry } from './entry.js'
import type { Cursor, Log, Logged } from './log.js'
import { messageType, writeVersions } from './messages.js'
import type { Versioned } from './messages.js'
import type { Replica } from './replica.js'
import { Skips } from './skips.js'
import { PeerDigest } from './peer-digest.js'
import type { Source } from './source.js'
import { wireSize, writeEntry } from './wire-entry.js'
import type { WireEntry } from './wire-entry.js'

/**
 * One peer being served from this replica's log: a cursor, never a queue.
 *
 * Two ways to serve. By the **log**, from a place or from the beginning, leaving out what the peer's digest covers: right
 * only for a peer whose digest is not below the floor. Or by a **full join**: everything held, then what the digest
 * covers, then the floors, whereupon the peer drops what has been superseded here.
 */
export class Serving {
  readonly #replica: Replica
  #mode: 'waiting' | 'log' | 'join' = 'waiting'
  #asks = false
  #beginsJoin = false
  #entries: Cursor<Entry> | undefined
  #digests: Cursor<Source> | undefined
  /** What the peer had when it was last asked; only while what it lacks is being walked. */
  #filter: PeerDigest | undefined
  #gathering: PeerDigest | undefined
  #floors: Iterator<Source> | undefined
  /** What is retired here, while it is being told: only to those who begin at the beginning. */
  #retired: Iterator<[number, number]> | undefined
  #hasClosed = false
  /** Whether the peer was told that it has come to where this log stood when the two met. */
  #hasToldMet = false
  /** Where this log stood when the two met. */
  readonly #met: number
  readonly skips = new Skips()
  /** The place in this log up to which the peer keeps everything. */
  acknowledged = 0
  entriesOut = 0

  constructor (replica: Replica) {
    this.#replica = replica
    this.#met = replica.sequence.last
  }

  get isSynced (): boolean { return this.#hasClosed && this.acknowledged >= this.#met }

  /** The peer goes on from a place in this log, if that is still good for it. */
  want (delivered: number, closed: number): void {
    const { floorPosition, sequence, sources } = this.#replica
    const isForgotten = delivered < floorPosition || closed < sources.retiredPosition
    if (isForgotten || delivered > sequence.last || closed > sequence.last) this.#ask()
    else this.#serve('log', undefined, delivered, closed)
  }

  /** A part of the peer's digest. Once it is whole, it says which way to serve. */
  digest (versions: readonly Versioned[], last: boolean): void {
    const digest = this.#gathering ?? new PeerDigest()
    this.#gathering = last ? undefined : digest
    digest.add(versions)
    if (!last) return
    if (this.#isBelowFloor(digest)) this.#serve('join', undefined, 0, 0)
    else this.#serve('log', digest, 0, 0)
  }

  #isBelowFloor (digest: PeerDigest): boolean {
    const { sources } = this.#replica
    for (const source of sources) if (source.floor > 0 && digest.version(source) < source.floor) return true
    for (const [hash, version] of sources.retired) if (digest.versionOfHash(hash) < version) return true
    return false
  }

  #serve (mode: 'log' | 'join', filter: PeerDigest | undefined, delivered: number, closed: number): void {
    this.release()
    this.#mode = mode
    this.#asks = false
    this.#beginsJoin = mode === 'join'
    this.#filter = filter
    this.#floors = undefined
    this.#hasClosed = false
    this.#hasToldMet = false
    this.#entries = this.#replica.entries.cursor(delivered)
    this.#digests = this.#replica.sources.log.cursor(closed)
    this.#retired = closed === 0 ? this.#replica.sources.retired[Symbol.iterator]() : undefined
  }

  #ask (): void {
    this.release()
    this.#mode = 'waiting'
    this.#asks = true
    this.#beginsJoin = false
    this.#floors = undefined
  }

  /** A delete record was forgotten: a peer that has not passed it, nor knows of it, can't go on by the log. */
  forgot (entry: Entry): void {
    if (this.#entries === undefined || this.#entries.position >= entry.sequence) return
    if (this.#mode === 'log' && (this.#filter?.version(entry.source) ?? 0) >= entry.version) return
    this.#ask()
  }

  /** The floors rose by a join from elsewhere: whether this peer is above them must be asked anew. */
  floorsRose (): void {
    if (this.#mode !== 'waiting') this.#ask()
  }

  /** Whether a delete record at `sequence` may be forgotten without sending this peer through a full join. */
  hasPassed (sequence: number): boolean {
    return this.#entries === undefined || this.#entries.next === undefined || this.#entries.position >= sequence
  }

  /** Whether the digest that moved at `sequence` has been told. */
  hasTold (sequence: number): boolean {
    return this.#digests === undefined || this.#digests.next === undefined || this.#digests.position >= sequence
  }

  /** Moves over what came from this very peer; true if that leads to the end, where there is nothing to tell. */
  skipToEnd (durable: number): { delivered: number, closed: number } | undefined {
    if (this.#mode !== 'log' || !this.#hasClosed || this.#entries === undefined || this.#digests === undefined) return undefined
    const { entries, sources } = this.#replica
    while (this.#entries.next !== undefined && this.#skips(this.#entries.next.sequence, durable)) entries.advance(this.#entries)
    if (this.#entries.next !== undefined) return undefined
    while (this.#digests.next !== undefined && this.#skips(this.#digests.next.sequence, durable)) sources.log.advance(this.#digests)
    if (this.#digests.next !== undefined) return undefined
    return { delivered: this.#rest(entries, this.#entries, durable), closed: this.#rest(sources.log, this.#digests, durable) }
  }

  #skips (sequence: number, durable: number): boolean {
    return sequence <= durable && this.skips.has(sequence)
  }

  pull (maxBytes: number, durable: number, now: Now): Message | undefined {
    if (this.#asks) {
      this.#asks = false
      return [messageType.ask]
    }
    if (this.#beginsJoin) {
      this.#beginsJoin = false
      return [messageType.join]
    }
    if (this.#entries === undefined || this.#digests === undefined) return undefined
    return this.#markMet(this.#entries, this.#digests, durable) ??
      this.#delta(this.#entries, maxBytes, durable, now) ??
      this.#mark(this.#entries, this.#digests, maxBytes, durable) ??
      this.#joined(maxBytes)
  }

  /**
   * A mark in the midst of the log: the peer has all that was there to tell when the two met. Where more is written than the
   * link carries, the end may never come.
   */
  #markMet (entries: Cursor<Entry>, digests: Cursor<Source>, durable: number): Message | undefined {
    if (this.#hasToldMet || this.#mode !== 'log' || entries.next === undefined || entries.next.sequence <= this.#met) return undefined
    this.#hasToldMet = true
    const { entries: log, sources } = this.#replica
    return [messageType.mark, log.settled(entries.position, durable), sources.log.settled(digests.position, durable), false, []]
  }

  #delta (cursor: Cursor<Entry>, maxBytes: number, durable: number, now: Now): Message | undefined {
    const sources = new Map<Source, number>()
    const entries: WireEntry[] = []
    let base = 0
    let bytes = 0
    const place = (source: Source): number => {
      const known = sources.get(source)
      if (known !== undefined) return known
      bytes += source.name.length + 2
      sources.set(source, sources.size)
      return sources.size - 1
    }
    for (let entry = cursor.next; entry !== undefined && entry.sequence <= durable && bytes < maxBytes; entry = cursor.next) {
      this.#replica.entries.advance(cursor)
      if (this.#isKnown(entry.sequence, entry.source, entry.version)) continue
      if (entries.length === 0) base = entry.stamp
      const wire = writeEntry(entry, base, place, now)
      entries.push(wire)
      bytes += wireSize(wire)
    }
    if (entries.length === 0) return undefined
    this.entriesOut += entries.length
    const position = this.#replica.entries.settled(cursor.position, durable)
    return [messageType.delta, position, Array.from(sources.keys(), ({ name }) => name), base, entries]
  }

  /** Whether the peer has this: it came from there, or its digest covers it. A full join leaves nothing out. */
  #isKnown (sequence: number, source: Source, version: number): boolean {
    if (this.#mode === 'join') return false
    return this.skips.has(sequence) || (this.#filter !== undefined && version <= this.#filter.version(source))
  }

  #mark (entries: Cursor<Entry>, digests: Cursor<Source>, maxBytes: number, durable: number): Message | undefined {
    if (entries.next !== undefined || this.#floors !== undefined) return undefined
    const versions: Versioned[] = []
    let bytes = 0
    for (let source = digests.next; source !== undefined && source.sequence <= durable && bytes < maxBytes; source = digests.next) {
      this.#replica.sources.log.advance(digests)
      if (this.#isKnown(source.sequence, source, source.version)) continue
      versions.push({ source: source.name, version: source.version })
      bytes += source.name.length + 8
    }
    const end = digests.next === undefined && this.#tellRetired(versions, maxBytes - bytes)
    if (versions.length === 0 && (this.#hasClosed || !end)) return undefined
    if (end) this.#close()
    const { entries: log, sources } = this.#replica
    return [messageType.mark, this.#rest(log, entries, durable), this.#rest(sources.log, digests, durable), end, writeVersions(versions)]
  }

  /** Adds what is retired to a mark. @returns whether that was all */
  #tellRetired (versions: Versioned[], maxBytes: number): boolean {
    for (let bytes = 0; this.#retired !== undefined && bytes < maxBytes; bytes += 14) {
      const step = this.#retired.next()
      if (step.done === true) this.#retired = undefined
      else versions.push({ source: step.value[0], version: step.value[1] })
    }
    return this.#retired === undefined
  }

  #close (): void {
    this.#filter = undefined
    this.#hasClosed = this.#hasToldMet = true
    if (this.#mode === 'join') this.#floors = this.#replica.sources[Symbol.iterator]()
  }

  #joined (maxBytes: number): Message | undefined {
    if (this.#floors === undefined) return undefined
    const floors: Versioned[] = []
    let bytes = 0
    while (bytes < maxBytes) {
      const step = this.#floors.next()
      if (step.done === true) {
        this.#floors = undefined
        this.#mode = 'log'
        break
      }
      if (step.value.floor === 0) continue
      floors.push({ source: step.value.name, version: step.value.floor })
      bytes += step.value.name.length + 8
    }
    return [messageType.joined, this.#floors === undefined, writeVersions(floors)]
  }

  /** The place a cursor at the end has reached: all there is, but never beyond what is durable. */
  #rest<T extends Logged> (log: Log<T>, cursor: Cursor<T>, durable: number): number {
    if (cursor.next === undefined) cursor.position = Math.max(cursor.position, Math.min(this.#replica.sequence.last, durable))
    return log.settled(cursor.position, durable)
  }

  release (): void {
    if (this.#entries !== undefined) this.#replica.entries.release(this.#entries)
    if (this.#digests !== undefined) this.#replica.sources.log.release(this.#digests)
    this.#entries = undefined
    this.#digests = undefined
  }
}
