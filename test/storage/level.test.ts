import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import test from 'tape'
import type { Test } from 'tape'
import type { Change } from '../../lib/core.js'
import { TendrilError } from '../../lib/ground/errors.js'
import type { Database } from '../../lib/storage/database.js'
import { levelRecords } from '../../lib/storage/level.js'
import type { Records, StoredRecord } from '../../lib/storage/records.js'

/** A database as the user has it. */
interface Level extends Database {
  readonly status: string
  put (key: string, value: string): Promise<void>
  get (key: string): Promise<unknown>
}

function load (records: Records): Promise<StoredRecord[]> {
  return new Promise((resolve, reject) => {
    records.load((error, loaded) => { if (error === undefined) resolve(loaded); else reject(error) })
  })
}

function write (records: Records, batch: readonly Change[], sync = false): Promise<void> {
  return new Promise((resolve, reject) => {
    records.write(() => batch, sync, error => { if (error === undefined) resolve(); else reject(error) })
  })
}

function close (records: Records): Promise<void> {
  return new Promise((resolve, reject) => {
    records.close(error => { if (error === undefined) resolve(); else reject(error) })
  })
}

async function failureOf (promise: Promise<unknown>): Promise<TendrilError> {
  const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason)
  if (error instanceof TendrilError) return error
  throw new Error(`expected a TendrilError, got ${String(error)}`)
}

const put = (key: string, ...value: unknown[]): Change => ({ key, value })

/** Runs the same test on every kind of database: in memory by each of its encodings, on disk, and inside a sublevel. */
function everywhere (name: string, run: (t: Test, db: Level) => Promise<void>): void {
  for (const storeEncoding of ['buffer', 'view'] as const) {
    test(`${name}, memory-level of ${storeEncoding}s`, t => run(t, new MemoryLevel({ storeEncoding })))
  }
  test(`${name}, a user's sublevel with JSON values`, t => {
    return run(t, new MemoryLevel<string, unknown>({ valueEncoding: 'json' }).sublevel('mine', { valueEncoding: 'json' }))
  })
  test(`${name}, classic-level`, async t => {
    const dir = mkdtempSync(join(tmpdir(), 'tendril-level-'))
    const db = new ClassicLevel<string, string>(dir)
    try {
      await run(t, db)
    } finally {
      await db.close()
      rmSync(dir, { recursive: true, force: true })
    }
  })
}

everywhere('what was written is loaded', async (t, db) => {
  const records = levelRecords(db, 'model')
  t.deepEqual(await load(records), [], 'nothing at first')
  await write(records, [put('a', 1, 'one'), put('b', 2), put('c', 3)], true)
  await write(records, [put('a', 1, 'uno'), { key: 'b', value: undefined }, { key: 'absent', value: undefined }])
  await close(records)

  const again = levelRecords(db, 'model')
  t.deepEqual(await load(again), [{ key: 'a', value: [1, 'uno'] }, { key: 'c', value: [3] }])
  await close(again)
  t.equal(db.status, 'open', 'the database stays open')
})

everywhere('values come back as they went', async (t, db) => {
  const records = levelRecords(db, 'model')
  await load(records)
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff)
  const prototype: unknown = JSON.parse('{"__proto__":{"polluted":1},"toJSON":2}')
  const value = [
    null, true, false, 0, -1, 0.5, 2 ** 40, Number.MAX_SAFE_INTEGER, '', 'ü€😀\u0000', 'x'.repeat(70_000),
    0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, bytes, [[bytes]], { bytes, big: 7n, list: [] }, prototype
  ]
  await write(records, [{ key: 'k', value }])
  const [record] = await load(levelRecords(db, 'model'))
  t.deepEqual(record, { key: 'k', value })
  t.equal(JSON.stringify(record?.value.at(-1)), JSON.stringify(prototype), 'an own __proto__ key')
  const found = record?.value[17] as Uint8Array
  t.equal(found.constructor, Uint8Array, 'bytes are a plain Uint8Array')
  found[0] = 99
  const [unharmed] = await load(levelRecords(db, 'model'))
  t.equal((unharmed?.value[17] as Uint8Array)[0], 0, 'what was loaded is a copy')
})

everywhere('a batch holds what was changed until it is taken', async (t, db) => {
  const records = levelRecords(db, 'model')
  await load(records)
  const batch = [put('a', 1)]
  const written = write(records, batch)
  batch.push(put('b', 2))
  await written
  t.deepEqual((await load(levelRecords(db, 'model'))).map(({ key }) => key), ['a', 'b'])
})

everywhere('any key is kept apart from any other', async (t, db) => {
  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
  const special = ['\u0000', 'a\u0000', 'a', 'a\u0000b', '\uffff', '\uffff\uffff', '\u{10ffff}', '!', '!!', '"', '!tendril!', '~', '/', '%21', ' ']
  const keys = [...new Set([...special, ...fc.sample(key, { numRuns: 500, seed: 1 })])]
  const records = levelRecords(db, 'model')
  await load(records)
  await write(records, keys.map((key, i) => put(key, i)))
  const again = levelRecords(db, 'model')
  const loaded = new Map((await load(again)).map(({ key, value }) => [key, value[0]]))
  t.equal(loaded.size, keys.length)
  t.ok(keys.every((key, i) => loaded.get(key) === i), `each of ${keys.length} has its own value`)
  await write(again, keys.map(key => ({ key, value: undefined })))
  t.deepEqual(await load(levelRecords(db, 'model')), [], 'and all can be removed')
})

everywhere('more records than are read at once', async (t, db) => {
  const records = levelRecords(db, 'model')
  await load(records)
  await write(records, Array.from({ length: 5_000 }, (_, i) => put(`k${i}`, i, 'x'.repeat(500))))
  const loaded = await load(levelRecords(db, 'model'))
  t.equal(loaded.length, 5_000)
  t.equal(new Set(loaded.map(record => record.value[0])).size, 5_000)
})

everywhere('names have nothing to do with each other, nor with what else is in the database', async (t, db) => {
  const names = ['model', 'members', 'a!b', 'a', 'b', '!a', 'ü', '', '"', '~', '%21', 'tendril', 'a/b']
  await db.put('mine', 'kept')
  for (const name of names) {
    const records = levelRecords(db, name)
    t.deepEqual(await load(records), [], `${JSON.stringify(name)} begins empty`)
    await write(records, [put('key', name)])
    await close(records)
  }
  for (const name of names) {
    t.deepEqual(await load(levelRecords(db, name)), [{ key: 'key', value: [name] }])
  }
  t.equal(await db.get('mine'), 'kept')
})

test('writes that nobody waited for are carried out in their order', async t => {
  const order: number[] = []
  let first = true
  class Uneven extends MemoryLevel {
    // The first batch takes longest, as can happen on a pool of threads.
    async _batch (operations: unknown, options: unknown): Promise<void> {
      if (first) {
        first = false
        for (let i = 0; i < 20; i++) await new Promise(resolve => { setImmediate(resolve) })
      }
      await batchOf(this, operations, options)
    }
  }
  const db = new Uneven()
  const records = levelRecords(db, 'model')
  const batches = [1, 2, 3].map(async i => {
    await write(records, [put('k', i)])
    order.push(i)
  })
  await Promise.all(batches)
  t.deepEqual(order, [1, 2, 3])
  t.deepEqual(await load(levelRecords(db, 'model')), [{ key: 'k', value: [3] }])
})

test('one batch is one write of the database, and sync is passed on', async t => {
  const seen: Array<{ operations: number, sync: unknown }> = []
  class Watched extends MemoryLevel {
    async _batch (operations: unknown[], options: { sync?: boolean }): Promise<void> {
      seen.push({ operations: operations.length, sync: options.sync })
      await batchOf(this, operations, options)
    }
  }
  const records = levelRecords(new Watched(), 'model')
  await write(records, [put('a', 1), put('b', 2), { key: 'c', value: undefined }], true)
  await write(records, [put('a', 2)], false)
  t.deepEqual(seen, [{ operations: 3, sync: true }, { operations: 1, sync: false }])
})

test('a database that was closed is opened', async t => {
  const db = new MemoryLevel()
  await db.open()
  await db.close()
  const records = levelRecords(db, 'model')
  t.deepEqual(await load(records), [])
  await write(records, [put('a', 1)])
  await close(records)
  t.equal(db.status, 'open')
})

test('a write that fails is told, and none is tried after it', async t => {
  const broken = new Error('disk on fire')
  let failing = true
  class Failing extends MemoryLevel {
    async _batch (operations: unknown, options: unknown): Promise<void> {
      if (failing) throw broken
      await batchOf(this, operations, options)
    }
  }
  const db = new Failing()
  const records = levelRecords(db, 'model')
  await load(records)
  const error = await failureOf(write(records, [put('a', 1)]))
  t.equal(error.code, 'STORAGE_FAILED')
  t.equal(error.cause, broken)
  t.match(error.message, /disk on fire/)
  failing = false
  const later = await failureOf(write(records, [put('b', 2)]))
  t.equal(later.code, 'STORAGE_FAILED', 'b without a would not be a prefix of what was written')
  t.deepEqual(await load(levelRecords(db, 'model')), [])
  await close(records)
})

test('a database that cannot be opened, read or used any more', async t => {
  const broken = new Error('no such disk')
  class Unopenable extends MemoryLevel {
    _open (): Promise<void> { return Promise.reject(broken) }
  }
  const unopenable = levelRecords(new Unopenable(), 'model')
  const opening = await failureOf(load(unopenable))
  t.equal(opening.code, 'STORAGE_FAILED')
  t.equal((opening.cause as Error).cause, broken)
  t.equal((await failureOf(write(unopenable, [put('a', 1)]))).code, 'STORAGE_FAILED')
  await close(unopenable)

  const db = new MemoryLevel()
  const records = levelRecords(db, 'model')
  await load(records)
  await db.close()
  t.equal((await failureOf(load(records))).code, 'STORAGE_FAILED', 'read after the database was closed')
  t.equal((await failureOf(write(records, [put('a', 1)]))).code, 'STORAGE_FAILED', 'written after it was closed')
  await close(records)

  const unloaded = levelRecords(new MemoryLevel(), 'model')
  await close(unloaded)
  t.pass('closing what was never loaded')
})

test('a second process opens the same database', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'tendril-level-'))
  const first = new ClassicLevel(dir)
  await first.open()
  const error = await failureOf(load(levelRecords(new ClassicLevel(dir), 'model')))
  t.equal(error.code, 'STORAGE_FAILED')
  t.equal(((error.cause as Error).cause as { code?: string }).code, 'LEVEL_LOCKED')
  await first.close()
  rmSync(dir, { recursive: true, force: true })
})

test('a corrupt record is named', async t => {
  for (const [what, bytes] of [
    ['no MessagePack', [0xc1]], ['cut short', [0x92, 0x01]], ['too long', [0x91, 0x01, 0x02]], ['empty', []], ['no array', [0x07]]
  ] as const) {
    const db = new MemoryLevel()
    const records = levelRecords(db, 'model')
    await write(records, [put('good', 1)])
    const inside = db.sublevel<string, Uint8Array>(['tendril', 'model'], { valueEncoding: 'view' })
    await inside.put('bad', Uint8Array.from(bytes))
    const error = await failureOf(load(records))
    t.equal(error.code, 'STORAGE_FAILED', what)
    t.match(error.message, /"bad"/)
  }
})

test('a value that cannot be encoded is a failure of the write', async t => {
  const records = levelRecords(new MemoryLevel(), 'model')
  const error = await failureOf(write(records, [put('a', 2n ** 80n)]))
  t.equal(error.code, 'STORAGE_FAILED')
  t.ok(error.cause instanceof Error)
})

test('what a callback throws is an uncaught exception, and it is not called again', async t => {
  const calls: string[] = []
  const records = levelRecords(new MemoryLevel(), 'model')
  const thrower = (name: string) => (error?: Error): void => {
    calls.push(error === undefined ? name : `${name} failed`)
    throw new Error(`from ${name}`)
  }
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => { rejections.push(reason) }
  process.on('unhandledRejection', onRejection)
  const steps: Array<[string, () => void]> = [
    ['load', () => { records.load(thrower('load')) }],
    ['write', () => { records.write(() => [put('a', 1)], false, thrower('write')) }],
    ['bad write', () => { records.write(() => [put('a', 2n ** 80n)], false, thrower('bad write')) }],
    ['close', () => { records.close(thrower('close')) }]
  ]
  for (const [name, step] of steps) {
    const thrown = once(process, 'uncaughtException') as Promise<[Error]>
    step()
    t.equal((await thrown)[0].message, `from ${name}`)
  }
  await new Promise(resolve => { setImmediate(resolve) })
  process.off('unhandledRejection', onRejection)
  t.deepEqual(calls, ['load', 'write', 'bad write failed', 'close'])
  t.deepEqual(rejections, [])
})

/** What a subclass would call as `super._batch`: the method is the database's own affair and has no type. */
async function batchOf (db: object, operations: unknown, options: unknown): Promise<void> {
  const own = MemoryLevel.prototype as unknown as { _batch: (operations: unknown, options: unknown) => Promise<void> }
  await own._batch.call(db, operations, options)
}
