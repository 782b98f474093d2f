import test from 'tape'
import { Model } from '../../lib/index.js'

// A model alone is a map.

test('set, get, has, delete, size', t => {
  const model = new Model({ id: 'a' })
  t.equal(model.get('k'), undefined)
  t.equal(model.has('k'), false)
  t.equal(model.size, 0)
  const update = model.set('k', 'v')
  t.equal(model.get('k'), 'v')
  t.equal(model.has('k'), true)
  t.equal(model.size, 1)
  t.deepEqual({ ...update, time: 0, epoch: '' }, { key: 'k', value: 'v', source: 'a', epoch: '', version: 1, time: 0, local: true })
  t.ok(Math.abs(update.time - Date.now()) < 5_000, 'time is in milliseconds since 1970')
  t.equal(model.delete('k'), true, 'there was something to delete')
  t.equal(model.delete('k'), false, 'and now there is not')
  t.equal(model.has('k'), false)
  t.equal(model.size, 0)
  t.end()
})

test('a value of null, false, 0 or nothing at all is there', t => {
  const model = new Model()
  for (const [key, value] of [['null', null], ['false', false], ['zero', 0], ['empty', '']] as const) {
    model.set(key, value)
    t.equal(model.get(key), value)
    t.ok(model.has(key))
  }
  t.equal(model.size, 4)
  t.end()
})

test('iteration', t => {
  const model = new Model()
  model.set('a', 1)
  model.set('b', { c: [2] })
  model.set('gone', 3)
  model.delete('gone')
  t.deepEqual([...model.keys()], ['a', 'b'])
  t.deepEqual([...model.values()], [1, { c: [2] }])
  t.deepEqual([...model.entries()], [['a', 1], ['b', { c: [2] }]])
  t.deepEqual([...model], [...model.entries()])
  t.deepEqual(new Map(model), new Map(model.entries()))
  t.equal(JSON.stringify(model), '{"a":1,"b":{"c":[2]}}')
  t.end()
})

test('keys that mean something to objects', t => {
  const model = new Model()
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    t.equal(model.get(key), undefined)
    t.equal(model.has(key), false)
    model.set(key, key.length)
    t.equal(model.get(key), key.length)
  }
  const json = model.toJSON()
  t.equal(Object.getPrototypeOf(json), Object.prototype)
  t.ok(Object.hasOwn(json, '__proto__'))
  t.equal(JSON.stringify(model), '{"__proto__":9,"constructor":11,"toString":8,"hasOwnProperty":14}')
  t.end()
})

test('what is stored is a copy, and frozen', t => {
  const model = new Model()
  const value = { list: [1], bytes: Uint8Array.of(1, 2) }
  model.set('k', value)
  value.list.push(2)
  value.bytes[0] = 9
  t.deepEqual(model.get('k'), { list: [1], bytes: Uint8Array.of(1, 2) })
  t.ok(Object.isFrozen(model.get('k')))
  t.end()
})

test('an equal value is no change', t => {
  const model = new Model({ id: 'a' })
  const events: string[] = []
  model.on('update', key => events.push(key))
  const first = model.set('k', { a: 1, b: [2] })
  t.deepEqual(model.set('k', { b: [2], a: 1 }), first, 'the change that stands is returned')
  t.deepEqual(model.digest(), { a: 1 })
  t.deepEqual(events, ['k'])
  model.set('k', { a: 1, b: [2], c: 3 })
  t.deepEqual(model.digest(), { a: 2 })
  t.end()
})

test('versions step by 1, deletes count too', t => {
  const model = new Model({ id: 'a' })
  t.deepEqual(model.digest(), {})
  const versions = ['x', 'y', 'x', 'x'].map((key, i) => model.set(key, i).version)
  t.deepEqual(versions, [1, 2, 3, 4])
  model.delete('y')
  t.deepEqual(model.digest(), { a: 5 })
  t.equal(model.set('z', 0).version, 6)
  model.delete('absent')
  t.deepEqual(model.digest(), { a: 6 }, 'nothing was deleted')
  t.end()
})

test('ids', async t => {
  const [one, other] = [new Model(), new Model()]
  t.ok(one.id.length >= 1 && one.id.length <= 64)
  t.notEqual(one.id, other.id, 'they are random')
  t.equal(new Model({ id: 'mine' }).id, 'mine')
  t.equal(await one.ready(), undefined, 'without storage ready resolves at once')
})

test('stats are plain counters', t => {
  const model = new Model()
  model.set('a', 1)
  model.set('b', 1)
  model.delete('b')
  const stats = model.stats()
  t.equal(stats.keys, 1)
  t.equal(stats.deletes, 1)
  t.equal(stats.streams, 0)
  t.ok(Object.values(stats).every(Number.isFinite))
  t.end()
})
