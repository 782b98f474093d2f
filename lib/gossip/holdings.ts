import type { Change } from '../core.js'
import type { Now } from '../ground/clock.js'
import { sameValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import type { Entry } from './entry.js'
import { Expiries } from './expiries.js'
import { Forgettable } from './forgettable.js'
import { Log } from './log.js'
import type { Sequence } from './log.js'
import { entryKey, entryRecord } from './records.js'
import { Siblings, visible } from './siblings.js'

/** What a replica tells its user: the visible value of a key changed. */
export interface GossipChange {
  readonly kind: 'update' | 'delete' | 'expire'
  readonly entry: Entry
  readonly value: Value | undefined
  readonly local: boolean
}

export interface HoldingsOptions {
  /** Of how many sources an entry's context is to tell at most, once the digest covers them. */
  readonly maxContext: number
  /** Whether changes are to be recorded for storage. */
  readonly persistent: boolean
}

/** The entries that a replica holds: by key, in arrival order, by what is to become of them; and what changed about them. */
export class Holdings {
  readonly #options: HoldingsOptions
  readonly #siblings = new Siblings()
  /** Entries in local arrival order, which is a causal order. */
  readonly log: Log<Entry>
  /** Delete records. */
  readonly deletes = new Forgettable()
  /** Entries with a context of more sources than need be kept. */
  readonly laden = new Forgettable()
  readonly expiries = new Expiries()
  /** How many keys have a visible value. */
  size = 0
  changes: Change[] = []
  events: GossipChange[] = []

  constructor (options: HoldingsOptions, sequence: Sequence) {
    this.#options = options
    this.log = new Log(sequence, options.persistent)
  }

  siblings (key: string): readonly Entry[] { return this.#siblings.of(key) }

  visible (): Generator<Entry, void, undefined> { return this.#siblings.visible() }

  /** Takes in an entry beside those that stay of its key. */
  add (entry: Entry, kept: readonly Entry[], now: Now): void {
    this.#siblings.add(entry, kept)
    entry.source.entries++
    this.#append(entry, true, now)
  }

  /** An entry that is held has changed: these are its siblings now, itself among them, and it goes to the end of the log. */
  renew (entry: Entry, siblings: readonly Entry[], now: Now): void {
    this.#siblings.keep(entry.key, siblings)
    this.#append(entry, false, now)
  }

  #append (entry: Entry, isNew: boolean, now: Now): void {
    this.log.append(entry)
    if (isNew || entry.rarely !== undefined) this.#index(entry, isNew)
    this.record(entry, now)
  }

  #index (entry: Entry, isNew: boolean): void {
    if (entry.value === undefined) this.deletes.add(entry)
    else if (isNew) this.expiries.add(entry)
    if ((entry.rarely?.context?.size ?? 0) > this.#options.maxContext) this.laden.add(entry)
  }

  /** Takes up what storage kept, in the order of its sequences. */
  restore (entry: Entry): void {
    const siblings = this.siblings(entry.key)
    if (visible(siblings) === undefined && entry.value !== undefined) this.size++
    this.log.restore(entry)
    this.#siblings.add(entry, siblings)
    entry.source.entries++
    this.#index(entry, true)
  }

  /** Has storage keep an entry as it is now. */
  record (entry: Entry, now: Now): void {
    if (this.#options.persistent) this.changes.push({ key: entryKey(entry), value: entryRecord(entry, now) })
  }

  /** Drops an entry whose place under its key another one takes. */
  replace (entry: Entry): void {
    this.log.unsettle(entry)
    this.#drop(entry)
  }

  /** Drops an entry, and nothing takes its place. */
  remove (entry: Entry): void {
    this.#siblings.keep(entry.key, this.siblings(entry.key).filter(sibling => sibling !== entry))
    this.#drop(entry)
  }

  #drop (entry: Entry): void {
    this.log.remove(entry)
    entry.source.entries--
    if (entry.value === undefined) this.deletes.delete(entry)
    else if (entry.rarely?.expiresAt !== undefined) this.expiries.drop()
    if (entry.rarely?.context !== undefined) this.laden.delete(entry)
    if (this.#options.persistent) this.changes.push({ key: entryKey(entry), value: undefined })
  }

  /** Tells that another entry is shown than before, if that makes a difference to be seen. */
  announce (before: Entry | undefined, after: Entry | undefined, cause: Entry, local: boolean): void {
    this.size += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    if (after === before) return
    if (after?.value !== undefined && before?.value !== undefined && sameValue(before.value, after.value)) return
    if (after !== undefined) this.events.push({ kind: 'update', entry: after, value: after.value, local })
    else this.events.push({ kind: cause.rarely?.expired === true ? 'expire' : 'delete', entry: cause, value: undefined, local })
  }
}
