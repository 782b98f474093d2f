import type { Change } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import { inspectValue } from '../ground/values.js'
import { decode, encode } from '../wire/codec-msgpack.js'
import type { Database, Operation, Sublevel } from './database.js'
import type { Records, StoredRecord } from './records.js'

const entriesAtOnce = 1_000
/** Databases on disk read ahead this much; their default of 16 KiB would make a call of every few records. */
const bytesAtOnce = 1 << 20

/** A place in a database: how often it was opened, which opening of it has it, and the last write under way. */
interface Place {
  openings: number
  owner: number
  written: Promise<void>
}

const places = new WeakMap<Database, Map<string, Place>>()

/**
 * Two that write to one place would number their changes alike, and silently lose what the other wrote. The later one to
 * open it has it: the earlier may be what is left of a structure that was dropped without a close.
 */
function placeOf (db: Database, name: string): Place {
  const byName = places.get(db) ?? new Map<string, Place>()
  const place = byName.get(name) ?? { openings: 0, owner: 0, written: Promise.resolve() }
  places.set(db, byName.set(name, place))
  place.openings++
  return place
}

/**
 * Keeps records in `db`, in a sublevel of their own under `tendril` and `name`. The database is opened if it is not
 * open, and never closed: it is the user's.
 *
 * Every failure is a TendrilError with code STORAGE_FAILED and the database's own error as its cause. After a write
 * that failed no other is tried, for what is stored must stay a prefix of what was written. Nor is one once a later
 * opening of the same place has written.
 */
export function levelRecords (db: Database, name: string): Records {
  let opened: Promise<Sublevel> | undefined
  const place = placeOf(db, name)
  const opening = place.openings
  // How an earlier one's last write ends is told to that one.
  const earlier = place.written.catch(() => {})
  let written: Promise<void> = Promise.resolve()

  async function open (): Promise<Sublevel> {
    opened ??= earlier.then(() => openSublevel(db, name))
    return await opened
  }

  function claim (): void { place.owner = Math.max(place.owner, opening) }

  async function load (): Promise<StoredRecord[]> {
    const sublevel = await open()
    // What an earlier one is writing is read. What it writes from the claim on would not be, and fails.
    await place.written.catch(() => {})
    claim()
    await place.written.catch(() => {})
    return await readAll(sublevel, name)
  }

  async function write (take: () => readonly Change[], sync: boolean, last: Promise<void>): Promise<void> {
    // One at a time: a database may carry out two batches that run at once in either order.
    await last
    const sublevel = await open()
    if (place.owner > opening) throw new TendrilError('STORAGE_FAILED', `another structure has opened '${name}' in the same database since`)
    await db.batch(take().map(change => operationOf(change, sublevel)), { sync })
  }

  async function close (): Promise<void> {
    if (opened === undefined) return
    // One that could not be opened has nothing to close, and whoever opened it was told.
    const sublevel = await opened.catch(() => undefined)
    await sublevel?.close()
  }

  return {
    load: done => { settle(load(), `load ${name}`, (error, records) => { done(error, records ?? []) }) },
    write: (take, sync, done) => {
      claim()
      place.written = written = write(take, sync, written)
      settle(written, `write ${name}`, done)
    },
    close: done => { settle(close(), `close ${name}`, done) }
  }
}

async function openSublevel (db: Database, name: string): Promise<Sublevel> {
  await db.open()
  const path = ['tendril', sublevelName(name)]
  const sublevel = db.sublevel(path, { keyEncoding: 'utf8', valueEncoding: 'buffer' })
  await sublevel.open()
  return sublevel
}

/** A sublevel's name is ASCII without its separator, `!`, and without the `"` after it. */
function sublevelName (name: string): string {
  return encodeURIComponent(name).replaceAll('!', '%21')
}

async function readAll (sublevel: Sublevel, name: string): Promise<StoredRecord[]> {
  const iterator = sublevel.iterator({ highWaterMarkBytes: bytesAtOnce })
  const records: StoredRecord[] = []
  try {
    for (;;) {
      const entries = await iterator.nextv(entriesAtOnce)
      if (entries.length === 0) return records
      for (const [key, bytes] of entries) records.push({ key, value: readValue(bytes, key, name) })
    }
  } finally {
    await iterator.close()
  }
}

function operationOf ({ key, value }: Change, sublevel: Sublevel): Operation {
  return value === undefined ? { type: 'del', sublevel, key } : { type: 'put', sublevel, key, value: valueBytes(value) }
}

/** A value is stored as a frame's body: the varint in front tells a stream where it ends, a database knows. */
function valueBytes (value: readonly unknown[]): Buffer {
  const frame = encode(value)
  return frame.subarray(frame.findIndex(byte => byte < 0x80) + 1)
}

function readValue (bytes: Buffer, key: string, name: string): readonly unknown[] {
  let cause: unknown
  try {
    const value = decode(bytes)
    if (Array.isArray(value)) return frozen(value)
  } catch (error) {
    cause = error
  }
  throw new TendrilError('STORAGE_FAILED', `The record ${JSON.stringify(key)} of ${name} is corrupt`, { cause })
}

/** What is in a record may be a value, which users see: it is frozen, as what comes from a peer is. */
function frozen (record: readonly unknown[]): readonly unknown[] {
  for (const item of record) inspectValue(item, Infinity)
  return record
}

/**
 * Calls `done` once. It runs outside of the promise, so that what it throws is the uncaught exception that it would be
 * in any callback: neither an unhandled rejection nor a reason to be called again.
 */
function settle<T> (promise: Promise<T>, doing: string, done: (error: Error | undefined, result: T | undefined) => void): void {
  promise.then(
    result => { queueMicrotask(() => { done(undefined, result) }) },
    (error: unknown) => { queueMicrotask(() => { done(failure(error, doing), undefined) }) }
  )
}

function failure (cause: unknown, doing: string): TendrilError {
  if (cause instanceof TendrilError) return cause
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  return new TendrilError('STORAGE_FAILED', `Storage could not ${doing}${reason}`, { cause })
}
