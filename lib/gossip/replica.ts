import type { Change } from '../core.js'
import type { Now } from '../ground/clock.js'
import { randomId } from '../ground/ids.js'
import { sameValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import type { Births } from './births.js'
import type { Context } from './entry.js'
import { covers, Entry, learn, remember, see } from './entry.js'
import { drawEpoch } from './epoch.js'
import type { Forgettable } from './forgettable.js'
import { Holdings } from './holdings.js'
import type { GossipChange, HoldingsOptions } from './holdings.js'
import { Lives } from './lives.js'
import type { Log, Sequence } from './log.js'
import { entryKey, entryRecord, sourceKey, sourceRecord } from './records.js'
import type { Self } from './records.js'
import { visible } from './siblings.js'
import type { Source } from './source.js'
import { Sources } from './sources.js'
import { latestStamp, StampClock } from './stamp.js'

export interface ReplicaOptions extends HoldingsOptions {
  readonly random: () => number
  /** How far ahead of the wall clock a stamp may be, in milliseconds. */
  readonly acceptedSkewMs: number
  /**
   * Told of each source that begins to count for its id, where each writes only keys of its own: then one that it has
   * outlived counts no more, nothing is ever concurrent, and stamps mean nothing. Undefined: any source may write any key.
   */
  readonly onLife?: ((source: Source) => void) | undefined
  /** When lives begin, where there are any. */
  readonly births?: Births | undefined
  /** The key as the node of this id writes it, where keys tell of their writer. Default: as it is. */
  readonly rename?: ((key: string, id: string) => string) | undefined
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
  readonly #held: Holdings
  readonly sequence: Sequence = { last: 0 }
  readonly sources: Sources
  /** Which sources count, where one life of each id does. */
  readonly lives = new Lives()
  own: Source
  /** The greatest place in the log of which something was forgotten: nobody goes on from before it. */
  floorPosition = 0
  /** A peer spoke of more than the own life ever said: another one is to begin. */
  isOvertaken = false

  /** `epoch` is the own one. Default: a fresh one. */
  constructor (options: ReplicaOptions, id: string | undefined, wallMs: number, epoch = drawEpoch(options.random, wallMs)) {
    this.#options = options
    this.#stamps = new StampClock(options.acceptedSkewMs)
    this.#held = new Holdings(options, this.sequence)
    this.sources = new Sources(this.sequence, {
      onBorn: source => { if (options.onLife !== undefined) this.#born(source, options.onLife) },
      onGone: source => { this.lives.gone(source) },
      onCovered: source => {
        this.deletes.covered(source)
        this.laden.covered(source)
      },
      record: options.persistent ? change => { this.#held.changes.push(change) } : undefined
    })
    this.own = this.sources.get(`${id ?? randomId(options.random)}@${epoch}`)
  }

  // Reading

  /** Entries in local arrival order, which is a causal order. */
  get entries (): Log<Entry> { return this.#held.log }
  get deletes (): Forgettable { return this.#held.deletes }
  /** Entries with a context of more sources than need be kept. */
  get laden (): Forgettable { return this.#held.laden }
  /** How many keys have a visible value. */
  get size (): number { return this.#held.size }

  get (key: string): Entry | undefined {
    return visible(this.siblings(key))
  }

  /** All entries held of a key: several where writes were concurrent. */
  siblings (key: string): readonly Entry[] { return this.#held.siblings(key) }

  /** All entries that are shown. */
  visible (): Generator<Entry, void, undefined> { return this.#held.visible() }

  /** What changed since the last call, for storage and for the user. */
  takeChanges (): Change[] {
    const { changes } = this.#held
    if (changes.length > 0) this.#held.changes = []
    return changes
  }

  takeEvents (): GossipChange[] {
    const { events } = this.#held
    if (events.length > 0) this.#held.events = []
    return events
  }

  // Writing here

  /** The entry that already says what is to be set, if there is one: an equal value, without a time to live. */
  standing (held: readonly Entry[], value: Value): Entry | undefined {
    const [entry] = held
    if (entry?.value === undefined || held.length !== 1 || entry.rarely?.expiresAt !== undefined) return undefined
    return sameValue(entry.value, value) ? entry : undefined
  }

  /** Writes a value, or a delete, that covers all siblings held of its key. */
  write (key: string, held: readonly Entry[], value: Value | undefined, ttlMs: number | undefined, now: Now): Entry {
    const stamp = this.#hasLives ? 0 : this.#stamps.next(now.wall)
    const entry = new Entry(key, this.own, this.own.version + 1, stamp, value, undefined)
    learn(entry, held)
    if (ttlMs !== undefined) remember(entry).expiresAt = now.monotonic + ttlMs
    const before = visible(held)
    for (const sibling of held) this.#held.replace(sibling)
    this.#held.add(entry, [], now)
    this.sources.cover(this.own, entry.version, now)
    this.#held.announce(before, shown(entry), entry, true)
    return entry
  }

  /**
   * A peer speaks of `version` of a source. If that is our own and we never wrote it, then what we told was lost here: we
   * go on under a new epoch, and take back what the peer has as another source's. Where each source writes only keys of its
   * own, nobody knows better than this node what it said: the peer is not believed, and another life is to begin.
   * @returns whether it is to be taken in
   */
  guardOwn (name: string, version: number, now: Now): boolean {
    if (name !== this.own.name || version <= this.own.version) return true
    if (this.#hasLives) this.isOvertaken = true
    else this.own = this.sources.get(`${this.own.id}@${drawEpoch(this.#options.random, now.wall, this.own.epoch)}`)
    return !this.#hasLives
  }

  /**
   * Writes anew whatever carries a stamp that others would refuse, once the own wall clock has stepped back: nobody
   * with a right clock ever accepted it, and it would shut this node out until time had caught up.
   * @returns whether there was any: the links are to be told
   */
  restamp (now: Now): boolean {
    if (this.#hasLives || !this.#stamps.isAhead(now.wall)) return false
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
    if (entry.source.isOutlived) return undefined
    const held = this.siblings(entry.key)
    for (const sibling of held) {
      if (!covers(sibling, entry.source, entry.version)) continue
      if (entry.rarely?.context !== undefined) this.#enrich(sibling, entry.rarely.context, now)
      return sibling.source === entry.source && sibling.version === entry.version ? sibling : undefined
    }
    if (entry.version <= entry.source.version) return undefined
    if (!this.#hasLives) this.#stamps.observe(entry.stamp, now.wall)
    const before = visible(held)
    const kept = held.length === 0 ? held : this.#giveWay(entry, held)
    this.#held.add(entry, kept, now)
    this.#held.announce(before, kept.length === 0 ? shown(entry) : visible(this.siblings(entry.key)), entry, false)
    return entry
  }

  /** Drops the siblings that `entry` covers, and answers with those that stay. */
  #giveWay (entry: Entry, held: readonly Entry[]): readonly Entry[] {
    const covered = held.filter(sibling => sibling !== entry && covers(entry, sibling.source, sibling.version))
    if (covered.length === 0) return held
    learn(entry, covered)
    for (const sibling of covered) this.#held.replace(sibling)
    return held.filter(sibling => !covered.includes(sibling))
  }

  /** A held entry learns what another record of the same history knew, and passes it on if that was news. */
  #enrich (held: Entry, context: Context, now: Now): void {
    const siblings = this.siblings(held.key)
    // What is covered, and not held, was superseded here before: whoever may lack that is told by what superseded it.
    const isNews = (source: Source, version: number): boolean => version > source.version || siblings.some(sibling => sibling.source === source && sibling.version <= version)
    if (!see(held, context, isNews)) return
    const before = visible(siblings)
    const kept = this.#giveWay(held, siblings)
    this.#held.renew(held, kept, now)
    this.#held.announce(before, visible(kept), held, false)
  }

  // Time

  /** The next expiry, on the monotonic clock. */
  deadline (): number | undefined { return this.#held.expiries.deadline() }

  /** Turns what has expired into a delete with the same dot: it stays covered, and so never comes back. */
  expire (now: Now): void {
    const { expiries, deletes } = this.#held
    for (let entry = expiries.take(now.monotonic); entry !== undefined; entry = expiries.take(now.monotonic)) {
      const siblings = this.siblings(entry.key)
      const before = visible(siblings)
      entry.value = undefined
      remember(entry).expired = true
      deletes.add(entry)
      this.#held.record(entry, now)
      this.#held.announce(before, visible(siblings), entry, false)
    }
  }

  // Forgetting

  /** Drops a delete record. What it covered is from now on told by the floor alone. */
  forget (entry: Entry): void {
    this.#rise(entry)
    this.#held.remove(entry)
  }

  /** Drops of an entry's context what the digest covers: from now on the floor alone tells of that. */
  forgetContext (entry: Entry, now: Now): void {
    this.#rise(entry)
    this.laden.delete(entry)
    const kept = [...entry.rarely?.context ?? []].filter(([source, version]) => version > source.version)
    remember(entry).context = kept.length === 0 ? undefined : new Map(kept)
    this.#held.record(entry, now)
  }

  #rise (entry: Entry): void {
    this.sources.raiseFloor(entry.source, entry.version)
    this.floorPosition = Math.max(this.floorPosition, entry.sequence)
  }

  /** Whether a peer's full join can show that an entry is superseded: not where this node alone could have done it. */
  mayBeSuperseded (entry: Entry): boolean { return !this.#hasLives || entry.source !== this.own }

  /** Drops what a peer's full join has shown to be superseded. */
  supersede (entry: Entry): void {
    const before = this.get(entry.key)
    this.entries.unsettle(entry)
    this.#held.remove(entry)
    this.#held.announce(before, this.get(entry.key), new Entry(entry.key, entry.source, entry.version, entry.stamp, undefined, undefined), false)
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

  // Lives

  get #hasLives (): boolean { return this.#options.onLife !== undefined }

  /** What an outlived source wrote is dropped; what this node wrote itself it will write anew in a later life. */
  #born (source: Source, onLife: (source: Source) => void): void {
    const outlived = this.lives.born(source)
    if (source.isOutlived) return
    if (outlived !== undefined && outlived !== this.own) this.drop(other => other === outlived)
    onLife(source)
  }

  /** What this node wrote in another life stands from now on as the own one's, with the versions that it had. */
  inherit (life: Source, now: Now): void {
    this.isOvertaken = false
    for (const entry of [...this.entries]) {
      if (entry.source !== life) continue
      const { key, version, stamp, value, rarely } = entry
      const held = this.siblings(key)
      this.#held.replace(entry)
      const again = new Entry(key, this.own, version, stamp, value, rarely)
      this.#held.add(again, held.filter(sibling => sibling !== entry), now)
    }
    this.sources.cover(this.own, life.version, now)
  }

  /** Drops entries without a trace: their digest stays, so that they do not come back, and nobody else is told. */
  drop (isDropped: (source: Source) => boolean): void {
    for (let entry = this.entries.first; entry !== undefined;) {
      const next = entry.after
      if (isDropped(entry.source)) {
        const wasShown = this.get(entry.key) !== undefined
        this.#held.remove(entry)
        if (wasShown && this.get(entry.key) === undefined) this.#held.size--
      }
      entry = next
    }
  }

  // Storage

  /** Takes up what storage kept, each in the order of its sequences. */
  restore (entries: Iterable<Entry>, sources: Iterable<Source>, positions: Pick<Self, 'floorPosition' | 'retiredPosition' | 'sequence'>): void {
    for (const source of sources) if (source.version > 0) this.sources.log.restore(source)
    for (const entry of entries) {
      this.#held.restore(entry)
      if (!this.#hasLives) this.#stamps.resume(entry.stamp)
    }
    this.floorPosition = positions.floorPosition
    this.sources.retiredPosition = positions.retiredPosition
    this.sequence.last = Math.max(this.sequence.last, positions.sequence)
  }

  /** All that storage keeps of this replica, for a storage that held nothing yet. */
  records (now: Now): Change[] {
    this.takeChanges()
    return [
      ...Array.from(this.sources.log, source => ({ key: sourceKey(source.name), value: sourceRecord(source) })),
      ...Array.from(this.entries, entry => ({ key: entryKey(entry), value: entryRecord(entry, now) }))
    ]
  }
}

function shown (entry: Entry): Entry | undefined { return entry.value === undefined ? undefined : entry }
