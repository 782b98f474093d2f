import test from 'tape'
import type { Test } from 'tape'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import { Model } from '../../lib/index.js'
import type { ModelOptions } from '../../lib/index.js'
import { TestClock } from '../support/clock.js'
import { code, codeOf } from '../support/failures.js'
import { closeAll, convergence, joinTcp, meet, part } from '../support/pairs.js'
import { within } from '../support/waiting.js'

// With storage, a model is there again after a restart.

type Storage = NonNullable<ModelOptions['storage']>

/** Runs a test on a database in memory and on one on disk; `reopen` gives the same one again, as after a restart. */
function everywhere (name: string, run: (t: Test, reopen: () => Promise<Storage>) => Promise<void>): void {
  test(`${name}, memory-level`, async t => {
    const db = new MemoryLevel()
    await run(t, async () => db)
    await db.close()
  })
  test(`${name}, classic-level`, async t => {
    const dir = mkdtempSync(pathOf(tmpdir(), 'tendril-model-'))
    let db: ClassicLevel | undefined
    try {
      await run(t, async () => {
        await db?.close()
        db = new ClassicLevel(dir)
        return db
      })
    } finally {
      await db?.close()
      rmSync(dir, { recursive: true, force: true })
    }
  })
}

let written = 0
const epochOf = (model: Model): string => model.set('who', written++).epoch

everywhere('a restart keeps everything', async (t, reopen) => {
  let model = new Model({ id: 'a', storage: await reopen() })
  await model.ready()
  model.set('text', 'value')
  model.set('nested', { bytes: Uint8Array.of(1, 2), big: 5n, list: [null, true, 0.5] })
  model.set('gone', 1)
  model.delete('gone')
  for (let i = 0; i < 5_000; i++) model.set(`k${i}`, i)
  const before = new Map(model)
  const digest = model.digest()
  await model.close()
  model = new Model({ id: 'a', storage: await reopen() })
  t.equal(model.size, 0, 'nothing before it was read')
  await within(model.ready(), 'ready')
  t.equal(model.size, 5_002)
  t.deepEqual(model.get('nested'), { bytes: Uint8Array.of(1, 2), big: 5n, list: [null, true, 0.5] })
  t.deepEqual([...model.keys()].sort(), [...before.keys()].sort())
  t.deepEqual(model.digest(), digest)
  t.equal(model.set('next', 1).version, digest['a']! + 1, 'versions go on')
  await model.close()
})

everywhere('what came from others is kept too, and the next meeting goes on from there', async (t, reopen) => {
  const a = new Model({ id: 'a' })
  let b = new Model({ id: 'b', storage: await reopen() })
  for (let i = 0; i < 1_000; i++) a.set(`k${i}`, i)
  await part(await meet(a, b))
  await b.close()
  b = new Model({ id: 'b', storage: await reopen() })
  await b.ready()
  t.equal(b.size, 1_000)
  a.set('new', 1)
  const { b: stream } = await meet(a, b)
  t.equal(b.get('new'), 1)
  t.equal(stream.stats().entriesIn, 1, 'only what is new')
  await convergence(a, b)
  await closeAll(a, b)
})

everywhere('the id is kept where none is given, and the epoch after a clean close', async (t, reopen) => {
  let model = new Model({ storage: await reopen() })
  await model.ready()
  const { id } = model
  const epoch = epochOf(model)
  await model.close()
  model = new Model({ storage: await reopen() })
  await model.ready()
  t.equal(model.id, id)
  t.equal(epochOf(model), epoch)
  await model.close()
  model = new Model({ id: 'another', storage: await reopen() })
  await model.ready()
  t.equal(model.id, 'another', 'an id that is given comes first')
  t.notEqual(epochOf(model), epoch)
  t.equal(model.size, 1, 'with what is stored')
  await model.close()
})

for (const durable of [false, true]) {
  everywhere(`a crash ${durable ? 'with durable keeps' : 'without durable ends'} the epoch, and keeps the data`, async (t, reopen) => {
    const peer = new Model({ id: 'peer' })
    const crashed = new Model({ id: 'a', durable, storage: await reopen() })
    const epoch = epochOf(crashed)
    crashed.set('k', 'before')
    await part(await meet(crashed, peer))
    await crashed.flush()
    // Nothing is closed: to the database the next life is as after a crash.
    const model = new Model({ id: 'a', durable, storage: await reopen() })
    await model.ready()
    t.equal(model.get('k'), 'before')
    t.equal(epochOf(model) === epoch, durable)
    model.set('k', 'after')
    const other = new Model({ id: 'other' })
    await meet(peer, other)
    await meet(model, other)
    await convergence(model, other, peer)
    t.deepEqual([peer.get('k'), other.get('k'), model.get('k')], ['after', 'after', 'after'])
    await closeAll(peer, other, model)
  })
}

everywhere('written and watched before it was read', async (t, reopen) => {
  let model = new Model({ id: 'a', storage: await reopen() })
  await model.ready()
  for (const key of ['overwritten', 'deleted', 'kept', 'same']) model.set(key, 'stored')
  await model.close()

  model = new Model({ id: 'a', storage: await reopen() })
  const told: string[] = []
  const tell = (value: unknown, key: string): void => { told.push(`${key}=${JSON.stringify(value)}`) }
  model.watch('kept', tell)
  model.watch('absent', tell)
  model.watch('overwritten', tell)
  model.watch({ prefix: 'sam' }, tell)
  model.set('overwritten', 'early')
  model.set('same', 'stored')
  model.set('new', 'early')
  model.delete('deleted')
  t.equal(model.delete('deleted'), false, 'twice')
  t.deepEqual(told, ['kept=undefined', 'absent=undefined', 'overwritten=undefined', 'overwritten="early"', 'same="stored"'])
  await within(model.ready(), 'ready')
  t.deepEqual(told.slice(5), ['kept="stored"'], 'only what is news is told')
  t.deepEqual(Object.entries(model.toJSON()).sort(), [['kept', 'stored'], ['new', 'early'], ['overwritten', 'early'], ['same', 'stored']])
  await model.close()

  model = new Model({ id: 'a', storage: await reopen() })
  await model.ready()
  t.deepEqual(model.digest(), { a: 7 }, 'four at first, then three: an equal value is no change')
  t.deepEqual(Object.entries(model.toJSON()).sort(), [['kept', 'stored'], ['new', 'early'], ['overwritten', 'early'], ['same', 'stored']], 'and all of it is stored')
  await model.close()
})

everywhere('what was written early is replicated as anything else is', async (t, reopen) => {
  let model = new Model({ id: 'a', storage: await reopen() })
  await model.ready()
  for (let i = 0; i < 100; i++) model.set(`k${i}`, i)
  await model.close()
  model = new Model({ id: 'a', storage: await reopen() })
  const peer = new Model({ id: 'peer' })
  model.set('early', 1)
  const { a: stream } = await joinTcp(model, peer)
  await within(model.replicated(), 'replicated')
  t.equal(peer.get('early'), 1)
  t.equal(peer.size, 101)
  t.equal(stream.errored, null)
  await closeAll(model, peer)
})

everywhere('after a restart replicated() counts what was written in the last life', async (t, reopen) => {
  let model = new Model({ id: 'a', storage: await reopen() })
  model.set('k', 1)
  await model.close()
  model = new Model({ id: 'a', storage: await reopen() })
  const peer = new Model({ id: 'peer' })
  const waiting = model.replicated()
  await model.ready()
  await joinTcp(model, peer)
  await within(waiting, 'replicated')
  t.equal(peer.get('k'), 1)
  await closeAll(model, peer)
})

everywhere('a ttl counts on while nobody is there', async (t, reopen) => {
  const clock = new TestClock()
  let model = new Model({ id: 'a', storage: await reopen(), clock })
  await model.ready()
  model.set('short', 1, { ttl: 1_000 })
  model.set('long', 1, { ttl: 100_000 })
  await model.close()
  clock.advance(5_000)
  model = new Model({ id: 'a', storage: await reopen(), clock })
  const told: string[] = []
  model.on('expire', key => told.push(key))
  await model.ready()
  clock.advance(1)
  t.deepEqual([...model.keys()], ['long'])
  t.deepEqual(told, ['short'])
  clock.advance(94_998)
  t.equal(model.has('long'), true)
  clock.advance(1)
  t.equal(model.has('long'), false)
  await model.close()
})

test('two models in one database have nothing to do with each other', async t => {
  const storage = new MemoryLevel()
  let [x, y] = [new Model({ id: 'a', name: 'x', storage }), new Model({ id: 'a', name: 'y', storage })]
  x.set('k', 'x')
  y.set('k', 'y')
  await closeAll(x, y)
  t.equal(storage.status, 'open', 'a database that was passed in is not closed')
  ;[x, y] = [new Model({ id: 'a', name: 'x', storage }), new Model({ id: 'a', name: 'y', storage })]
  await Promise.all([x.ready(), y.ready()])
  t.deepEqual([x.get('k'), y.get('k')], ['x', 'y'])
  await closeAll(x, y)
})

test('closed before it was read', async t => {
  const storage = new MemoryLevel()
  const model = new Model({ id: 'a', storage })
  model.set('k', 1)
  await within(model.close(), 'close')
  t.equal(await codeOf(() => model.set('k', 2)), 'CLOSED')
  const again = new Model({ id: 'a', storage })
  await again.ready()
  t.equal(again.get('k'), 1, 'what was written is there')
  await again.close()
})

everywhere('a record that changes often while storage is busy is written once', async (t, reopen) => {
  const model = new Model({ id: 'a', storage: await reopen() })
  await model.ready()
  for (let i = 0; i < 3_000; i++) {
    model.set(`hot ${i % 3}`, i)
    if (i % 5 === 0) model.delete(`hot ${i % 3}`)
    if (i % 7 === 0) model.set('gone', i)
    if (i % 11 === 0) model.delete('gone')
  }
  model.delete('gone')
  const { changesWaiting } = model.stats()
  t.ok(changesWaiting < 10, `${changesWaiting} changes wait`)
  await model.flush()
  t.equal(model.stats().changesWaiting, 0)
  const held = [model.toJSON(), model.digest(), model.stats().deletes]
  await model.close()
  const again = new Model({ id: 'a', storage: await reopen() })
  await again.ready()
  t.deepEqual([again.toJSON(), again.digest(), again.stats().deletes], held)
  await again.close()
})

test('ready() takes a callback', async t => {
  const model = new Model({ storage: new MemoryLevel() })
  const error = await new Promise(resolve => { model.ready(resolve) })
  t.equal(code(error), 'nothing')
  await model.close()
})

test('of two models on one place of a database the later one has it: the earlier is told, and nothing is lost in silence', async t => {
  const db = new MemoryLevel()
  const earlier = new Model({ id: 'a', storage: db })
  await earlier.ready()
  earlier.set('k', 'before')
  const later = new Model({ id: 'a', storage: db })
  await later.ready()
  t.equal(later.get('k'), 'before', 'what was on its way to storage is there')
  const failed = new Promise<unknown>(resolve => { earlier.once('error', resolve) })
  earlier.set('k', 'from the earlier one')
  t.equal(code(await failed), 'STORAGE_FAILED')
  t.equal(await codeOf(() => earlier.set('k', 'again')), 'STORAGE_FAILED')
  later.set('k', 'from the later one')
  await later.flush()
  t.equal(new Model({ id: 'b', storage: db, name: 'other' }).size, 0, 'another name is another place')
  await later.close()
  const again = new Model({ storage: db })
  await again.ready()
  t.equal(again.get('k'), 'from the later one')
  await again.close()
  await db.close()
})

test('of two models on one place, what the earlier one writes while the later one is reading is not lost in silence', async t => {
  for (let count = 0; count < 20; count++) {
    const db = new MemoryLevel()
    const earlier = new Model({ id: 'a', storage: db })
    earlier.on('error', () => {})
    await earlier.ready()
    const later = new Model({ id: 'a', storage: db })
    for (let i = 0; i < count; i++) await Promise.resolve()
    const outcome = await codeOf(async () => {
      earlier.set('k', 'v')
      await earlier.flush()
    })
    await later.ready()
    t.ok(outcome === 'STORAGE_FAILED' || later.get('k') === 'v', `after ${count} steps: ${outcome}`)
    await later.close()
  }
  t.end()
})
