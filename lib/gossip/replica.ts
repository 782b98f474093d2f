import type { Change } from '../core.js'
import type { Now } from '../ground/clock.js'
import { randomId } from '../ground/ids.js'
import { sameValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import { covers, Entry, learn, remember, see } from './entry.js'
import { Expiries } from './expiries.js'
import { Forgettable } from './forgettable.js'
import { Log } from './log.js'
import type { Sequence } from './log.js'
import { entryKey, entryRecord, sourceKey, sourceRecord } from './records.js'
import type { Self } from './records.js'
import { Slots, visible } from './slots.js'
import type { Source } from './source.js'
import { Sources } from './sources.js'
import { latestStamp, StampClock } from './stamp.js'

/** What a replica tells its user: the visible value of a key changed. */
export interface GossipChange {
  readonly kind: 'update' | 'delete' | 'expire'
  readonly entry: Entry
  readonly value: Value | undefined
  readonly local: boolean
}

export interface ReplicaOptions {
  readonly random: () => number
  /** How far ahead of the wall clock a stamp may be, in milliseconds. */
  readonly acceptedSkewMs: number
  /** Of how many sources an entry's context is to tell at most, once the digest covers them. */
  readonly maxContext: number
  /** Whether changes are to be recorded for storage. */
  readonly persistent: boolean
}

/**
 * The state of one replica and the whole of its merge: which entries are held, which changes are covered.
 *
 * Invariants, asserted by `check`:
 * - no entry held is covered by another one of its key;
 * - the digest of the own source is its last version: own writes are held or superseded by definition;
 * - both logs run in the order of their sequences, and every entry of a key stands in the log;
 * - a floor never exceeds the digest: only what is covered was ever forgotten.
 *
 * van Renesse et al., *Efficient Reconciliation and Flow Control for Anti-Entropy Protocols*; Almeida et al., *Scalable
 * and Accurate Causality Tracking for Eventually Consistent Stores*.
 */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #stamps: StampClock
  readonly #slots = new Slots()
  readonly #expiries = new Expiries()
  readonly sequence: Sequence = { last: 0 }
  /** Entries in local arrival order, which is a causal order. */
  readonly entries: Log<Entry>
  readonly sources: Sources
  /** Delete records. */
  readonly deletes = new Forgettable()
  /** Entries with a context of more sources than need be kept. */
  readonly laden = new Forgettable()
  own: Source
  /** The greatest place in the log of which something was forgotten: nobody goes on from before it. */
  floorPosition = 0
  /** How many keys have a visible value. */
  size = 0
  changes: Change[] = []
  events: GossipChange[] = []

  constructor (options: ReplicaOptions, id: string | undefined, wallMs: number) {
    this.#options = options
    this.#stamps = new StampClock(options.acceptedSkewMs)
    this.entries = new Log(this.sequence, options.persistent)
    this.sources = new Sources(this.sequence, {
      onCovered: source => {
        this.deletes.covered(source)
        this.laden.covered(source)
      },
      record: options.persistent ? change => { this.changes.push(change) } : undefined
    })
    this.own = this.sources.get(`${id ?? randomId(options.random)}@${drawEpoch(options.random, wallMs)}`)
  }

  // Reading

  get (key: string): Entry | undefined {
    return visible(this.siblings(key))
  }

  /** All entries held of a key: several where writes were concurrent. */
  siblings (key: string): readonly Entry[] { return this.#slots.siblings(key) }

  /** All entries that are shown. */
  visible (): Generator<Entry, void, undefined> { return this.#slots.visible() }

  // Writing here

  /** The entry that already says what is to be set, if there is one: an equal value, without a time to live. */
  standing (held: readonly Entry[], value: Value): Entry | undefined {
    const [entry] = held
    if (entry?.value === undefined || held.length !== 1 || entry.rarely?.expiresAt !== undefined) return undefined
    return sameValue(entry.value, value) ? entry : undefined
  }

  /** Writes a value, or a delete, that covers all siblings held of its key. */
  write (key: string, held: readonly Entry[], value: Value | undefined, ttlMs: number | undefined, now: Now): Entry {
    const entry = new Entry(key, this.own, this.own.version + 1, this.#stamps.next(now.wall), value, undefined)
    learn(entry, held)
    if (ttlMs !== undefined) remember(entry).expiresAt = now.monotonic + ttlMs
    const before = visible(held)
    for (const sibling of held) this.#replace(sibling)
    this.#slots.set(entry)
    this.#log(entry, now)
    this.sources.cover(this.own, entry.version, now)
    this.#announce(before, shown(entry), entry, true)
    return entry
  }

  /**
   * A peer speaks of `version` of a source. If that is our own and we never wrote it, then what we told was lost here: we
   * go on under a new epoch, and take back what the peer has as another source's.
   */
  guardOwn (name: string, version: number, now: Now): void {
    if (name !== this.own.name || version <= this.own.version) return
    this.own = this.sources.get(`${this.own.id}@${drawEpoch(this.#options.random, now.wall)}`)
  }

  /**
   * Writes anew whatever carries a stamp that others would refuse, once the own wall clock has stepped back: nobody
   * with a right clock ever accepted it, and it would shut this node out until time had caught up.
   * @returns whether there was any: the links are to be told
   */
  restamp (now: Now): boolean {
    if (!this.#stamps.isAhead(now.wall)) return false
    this.#stamps.reset(now.wall)
    const { last } = this.sequence
    const limit = latestStamp(now.wall, this.#options.acceptedSkewMs)
    for (const entry of [...this.entries]) {
      if (entry.stamp <= limit || entry.sequence === 0) continue
      const shown = this.get(entry.key) ?? entry
      const expiresAt = shown.rarely?.expiresAt
      this.write(entry.key, this.siblings(entry.key), shown.value, expiresAt === undefined ? undefined : Math.max(0, expiresAt - now.monotonic), now)
    }
    return this.sequence.last > last
  }

  // Merging what others wrote

  /**
   * Takes an entry in: ignored if the digest or a sibling's context covers its dot, else the siblings that its own
   * context covers give way. Idempotent and commutative.
   * @returns the entry as it is held now, undefined if it was ignored
   */
  merge (entry: Entry, now: Now): Entry | undefined {
    const held = this.siblings(entry.key)
    for (const sibling of held) {
      if (!covers(sibling, entry.source, entry.version)) continue
      this.#enrich(sibling, entry, now)
      return sibling.source === entry.source && sibling.version === entry.version ? sibling : undefined
    }
    if (entry.version <= entry.source.version) return undefined
    this.#stamps.observe(entry.stamp, now.wall)
    const before = visible(held)
    const kept = held.length === 0 ? held : this.#giveWay(entry, held)
    this.#slots.add(entry, kept)
    this.#log(entry, now)
    this.#announce(before, kept.length === 0 ? shown(entry) : visible(this.siblings(entry.key)), entry, false)
    return entry
  }

  /** Drops the siblings that `entry` covers, and answers with those that stay. */
  #giveWay (entry: Entry, held: readonly Entry[]): readonly Entry[] {
    const covered = held.filter(sibling => sibling !== entry && covers(entry, sibling.source, sibling.version))
    if (covered.length === 0) return held
    learn(entry, covered)
    for (const sibling of covered) this.#replace(sibling)
    return held.filter(sibling => !covered.includes(sibling))
  }

  /** A held entry learns what another record of the same history knew, and passes it on if that was news. */
  #enrich (held: Entry, other: Entry, now: Now): void {
    const context = other.rarely?.context
    if (context === undefined) return
    const siblings = this.siblings(held.key)
    // What is covered, and not held, was superseded here before: whoever may lack that is told by what superseded it.
    const isNews = (source: Source, version: number): boolean => version > source.version || siblings.some(sibling => sibling.source === source && sibling.version <= version)
    if (!see(held, context, isNews)) return
    const before = visible(siblings)
    const kept = this.#giveWay(held, siblings)
    this.#slots.keep(held.key, kept)
    this.#log(held, now)
    this.#announce(before, visible(kept), held, false)
  }

  // Time

  /** The next expiry, on the monotonic clock. */
  deadline (): number | undefined {
    return this.#expiries.deadline()
  }

  /** Turns what has expired into a delete with the same dot: it stays covered, and so never comes back. */
  expire (now: Now): void {
    for (let entry = this.#expiries.take(now.monotonic); entry !== undefined; entry = this.#expiries.take(now.monotonic)) {
      const siblings = this.siblings(entry.key)
      const before = visible(siblings)
      entry.value = undefined
      remember(entry).expired = true
      this.deletes.add(entry)
      this.#record(entry, now)
      this.#announce(before, visible(siblings), entry, false)
    }
  }

  // Forgetting

  /** Drops a delete record. What it covered is from now on told by the floor alone. */
  forget (entry: Entry): void {
    this.#rise(entry)
    this.#takeOut(entry)
  }

  /** Drops of an entry's context what the digest covers: from now on the floor alone tells of that. */
  forgetContext (entry: Entry, now: Now): void {
    this.#rise(entry)
    this.laden.delete(entry)
    const kept = [...entry.rarely?.context ?? []].filter(([source, version]) => version > source.version)
    remember(entry).context = kept.length === 0 ? undefined : new Map(kept)
    this.#record(entry, now)
  }

  #rise (entry: Entry): void {
    this.sources.raiseFloor(entry.source, entry.version)
    this.floorPosition = Math.max(this.floorPosition, entry.sequence)
  }

  /** Drops what a peer's full join has shown to be superseded. */
  supersede (entry: Entry): void {
    const before = this.get(entry.key)
    this.entries.unsettle(entry)
    this.#takeOut(entry)
    this.#announce(before, this.get(entry.key), new Entry(entry.key, entry.source, entry.version, entry.stamp, undefined, undefined), false)
  }

  /** Retires sources that have been silent since `heardMs`, and whose digest everybody was told who is being served. */
  retire (heardMs: number, wasTold: (sequence: number) => boolean): void {
    const seen = new Set<Source>([this.own])
    for (const entry of this.entries) entry.rarely?.context?.forEach((_, source) => { seen.add(source) })
    this.sources.retire(heardMs, source => seen.has(source) || !wasTold(source.sequence))
  }

  /** No place in the log up to now is good to go on from any more. */
  closeBehind (): void {
    this.floorPosition = ++this.sequence.last
  }

  #takeOut (entry: Entry): void {
    this.#slots.keep(entry.key, this.siblings(entry.key).filter(sibling => sibling !== entry))
    this.#drop(entry)
  }

  // Storage

  /** Takes up what storage kept, each in the order of its sequences. */
  restore (entries: Iterable<Entry>, sources: Iterable<Source>, positions: Pick<Self, 'floorPosition' | 'retiredPosition' | 'sequence'>): void {
    for (const source of sources) if (source.version > 0) this.sources.log.restore(source)
    for (const entry of entries) {
      this.entries.restore(entry)
      entry.source.entries++
      this.#stamps.resume(entry.stamp)
      const siblings = this.siblings(entry.key)
      if (visible(siblings) === undefined && entry.value !== undefined) this.size++
      this.#slots.add(entry, siblings)
      this.#index(entry, true)
    }
    this.floorPosition = positions.floorPosition
    this.sources.retiredPosition = positions.retiredPosition
    this.sequence.last = Math.max(this.sequence.last, positions.sequence)
  }

  /** All that storage keeps of this replica, for a storage that held nothing yet. */
  records (now: Now): Change[] {
    this.changes = []
    return [
      ...Array.from(this.sources.log, source => ({ key: sourceKey(source.name), value: sourceRecord(source) })),
      ...Array.from(this.entries, entry => ({ key: entryKey(entry), value: entryRecord(entry, now) }))
    ]
  }

  // Below

  #log (entry: Entry, now: Now): void {
    const isNew = entry.sequence === 0
    if (isNew) entry.source.entries++
    this.entries.append(entry)
    if (isNew || entry.rarely !== undefined) this.#index(entry, isNew)
    this.#record(entry, now)
  }

  #index (entry: Entry, isNew: boolean): void {
    if (entry.value === undefined) this.deletes.add(entry)
    else if (isNew) this.#expiries.add(entry)
    if ((entry.rarely?.context?.size ?? 0) > this.#options.maxContext) this.laden.add(entry)
  }

  #record (entry: Entry, now: Now): void {
    if (this.#options.persistent) this.changes.push({ key: entryKey(entry), value: entryRecord(entry, now) })
  }

  /** Drops an entry that another one takes the place of. */
  #replace (entry: Entry): void {
    this.entries.unsettle(entry)
    this.#drop(entry)
  }

  #drop (entry: Entry): void {
    this.entries.remove(entry)
    entry.source.entries--
    if (entry.value === undefined) this.deletes.delete(entry)
    else if (entry.rarely?.expiresAt !== undefined) this.#expiries.drop()
    if (entry.rarely?.context !== undefined) this.laden.delete(entry)
    if (this.#options.persistent) this.changes.push({ key: entryKey(entry), value: undefined })
  }

  #announce (before: Entry | undefined, after: Entry | undefined, cause: Entry, local: boolean): void {
    this.size += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    if (after === before) return
    if (after?.value !== undefined && before?.value !== undefined && sameValue(before.value, after.value)) return
    if (after !== undefined) this.events.push({ kind: 'update', entry: after, value: after.value, local })
    else this.events.push({ kind: cause.rarely?.expired === true ? 'expire' : 'delete', entry: cause, value: undefined, local })
  }
}

function shown (entry: Entry): Entry | undefined { return entry.value === undefined ? undefined : entry }

/** An epoch: the time of birth, which sorts, and 41 random bits. */
export function drawEpoch (random: () => number, wallMs: number): string {
  return Math.max(0, Math.floor(wallMs)).toString(36).padStart(9, '0') + randomId(random, 8)
}
