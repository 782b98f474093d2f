import type { Change, StoredRecord } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import type { Records } from '../storage/records.js'
import { decode, encode } from '../wire/codec-msgpack.js'
import type { World } from './world.js'

/** How a node can go down without having been asked. */
export type Crash = 'kill' | 'power'

interface Batch {
  readonly changes: ReadonlyArray<{ readonly key: string, readonly bytes: Buffer | undefined }>
  readonly sync: boolean
  /** What the observer said when it was written. */
  readonly mark: number
}

/**
 * A disk in virtual time. Batches become durable in the order in which they were written. A process that is killed may
 * leave a batch behind of which it never heard that it was written; a loss of power takes every batch from some point
 * on, but none that was confirmed as synced.
 */
export class Disk {
  /** The next write is refused, and all after it until the disk is repaired. */
  failsWrites = false
  /** The next load is refused. */
  failsLoad = false
  /** The last failure that it answered with. */
  failure: TendrilError | undefined
  /** How long a write takes at most, in milliseconds. */
  slowestMs = 5
  /** The next load gives out one record less, or one with another's value; `isDamaged` says whether it did. */
  rots = false
  isDamaged = false
  /** Whether it can be set back: it remembers all that was ever synced. */
  remembers = false
  /** Called once, instead of whoever wrote, as soon as something is synced. */
  onSynced: (() => void) | undefined
  /** Called for every batch: what it answers tells later how far the batches that were kept go. */
  onWrite: () => number = () => 0
  /** What `onWrite` said of the last batch that is there; undefined if there is none. */
  mark: number | undefined
  readonly #world: World
  #synced = new Map<string, Buffer>()
  #syncedMark: number | undefined
  /** Written, but not safe from a loss of power. */
  #batches: Batch[] = []
  /** How many of these were confirmed. */
  #confirmed = 0
  #past: Array<Batch['changes']> = []
  #user = 0

  constructor (world: World) {
    this.#world = world
  }

  /** What a node that starts sees of the disk. Whoever used it before hears nothing any more. */
  open (): Records {
    const user = ++this.#user
    const later = (call: () => void): void => {
      const { slowestMs, random } = { slowestMs: this.slowestMs, random: this.#world.random }
      this.#world.schedule(random.next() * slowestMs, () => { if (this.#user === user) call() })
    }
    return {
      load: done => { later(() => { this.#load(done) }) },
      write: (take, sync, done) => { this.#write(take(), sync, done, later) },
      close: done => { later(() => { done(undefined) }) }
    }
  }

  /** All records that are there. */
  records (): StoredRecord[] {
    const records = new Map(this.#synced)
    for (const { changes } of this.#batches) apply(changes, records)
    return Array.from(records, ([key, bytes]) => ({ key, value: decode(bytes) as unknown[] }))
  }

  /** Whoever uses it has gone down, and takes with it what the crash may take. */
  crash (kind: Crash): void {
    const { random } = this.#world
    this.#user++
    const kept = kind === 'kill'
      ? random.between(this.#confirmed, this.#batches.length)
      : random.between(0, this.#batches.length)
    this.#batches.length = kept
    this.#confirmed = kept
    this.mark = this.#batches.at(-1)?.mark ?? this.#syncedMark
    if (kind === 'power') this.#sync(kept)
  }

  /** As new: empty and whole. */
  wipe (): void { this.setBack(0) }

  /** How many batches were synced. */
  get age (): number { return this.#past.length }

  /** As it was at that age: a copy from then has taken its place, or it had said that more was safe than was. */
  setBack (age: number): void {
    this.#user++
    this.#past.length = age
    this.#synced = new Map()
    for (const changes of this.#past) apply(changes, this.#synced)
    this.#batches = []
    this.#confirmed = 0
    this.mark = this.#syncedMark = undefined
    this.repair()
  }

  /** What is safe from a loss of power; or what was, at that age. */
  synced (age = this.age): ReadonlyMap<string, readonly unknown[]> {
    let records = this.#synced
    if (age < this.age) {
      records = new Map()
      for (const changes of this.#past.slice(0, age)) apply(changes, records)
    }
    return new Map(Array.from(records, ([key, bytes]) => [key, decode(bytes) as unknown[]]))
  }

  repair (): void {
    this.failsWrites = this.failsLoad = this.rots = this.isDamaged = false
    this.onSynced = undefined
  }

  #load (done: (error: Error | undefined, records: StoredRecord[]) => void): void {
    if (this.failsLoad) done(this.#fail('the simulated disk can not be read'), [])
    else done(undefined, this.rots ? this.#damaged(this.records()) : this.records())
  }

  #damaged (records: StoredRecord[]): StoredRecord[] {
    const { random } = this.#world
    this.rots = false
    this.isDamaged = records.length > 1
    if (!this.isDamaged) return records
    const [one, other] = [random.between(0, records.length - 1), random.between(0, records.length - 2)]
    const { key } = records[one]!
    const rest = records.filter((_, i) => i !== one)
    return random.chance(0.5) ? rest : [...rest, { key, value: rest[other]!.value }]
  }

  #write (changes: readonly Change[], sync: boolean, done: (error: Error | undefined) => void, later: (call: () => void) => void): void {
    const fails = this.failsWrites
    const batch = { changes: changes.map(({ key, value }) => ({ key, bytes: value && bytesOf(value) })), sync, mark: this.onWrite() }
    // Of a write that fails nobody can say whether it took place.
    if (!fails || this.#world.random.chance(0.5)) this.#batches.push(batch)
    later(() => {
      if (!fails) this.#confirm(batch)
      const { onSynced } = this
      if (!fails && sync && onSynced !== undefined) {
        this.onSynced = undefined
        onSynced()
        return
      }
      done(fails ? this.#fail('the simulated disk can not be written') : undefined)
    })
  }

  #fail (message: string): TendrilError {
    this.failure = new TendrilError('STORAGE_FAILED', message)
    return this.failure
  }

  #confirm (batch: Batch): void {
    this.#confirmed = this.#batches.indexOf(batch) + 1
    this.mark = batch.mark
    if (batch.sync) this.#sync(this.#confirmed)
  }

  /** From now on not even a loss of power takes the first `count` batches. */
  #sync (count: number): void {
    for (const { changes, mark } of this.#batches.splice(0, count)) {
      apply(changes, this.#synced)
      if (this.remembers) this.#past.push(changes)
      this.#syncedMark = mark
    }
    this.#confirmed -= count
  }
}

function apply (changes: Batch['changes'], records: Map<string, Buffer>): void {
  for (const { key, bytes } of changes) {
    if (bytes === undefined) records.delete(key)
    else records.set(key, bytes)
  }
}

/** The bytes that `storage/level.ts` keeps as well: a frame's body, without the varint in front. */
function bytesOf (value: readonly unknown[]): Buffer {
  const frame = encode(value)
  return Buffer.from(frame.subarray(frame.findIndex(byte => byte < 0x80) + 1))
}
