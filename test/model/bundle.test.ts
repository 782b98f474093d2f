import test from 'tape'
import { bundle, Model } from '../../lib/index.js'
import type { Bundle } from '../../lib/index.js'
import { reason, refusalOf } from '../support/failures.js'
import { closeAll, closing, join, joinTcp, meet } from '../support/pairs.js'
import { turns, within } from '../support/waiting.js'

// Several structures of one node on one connection.

function node (id: string, ...names: string[]): { models: Model[], all: Bundle } {
  const models = names.map(name => new Model({ id, name }))
  return { models, all: bundle(Object.fromEntries(models.map((model, i) => [names[i] ?? '', model]))) }
}

test('two models with different names on one connection', async t => {
  const [a, b] = [node('a', 'x', 'y'), node('b', 'y', 'x')]
  const [ax, ay] = a.models as [Model, Model]
  const [by, bx] = b.models as [Model, Model]
  ax.set('k', 'in x')
  by.set('k', 'in y')
  await joinTcp(a.all, b.all)
  await within(Promise.all([ax.replicated(), by.replicated()]), 'both')
  t.equal(bx.get('k'), 'in x')
  t.equal(ay.get('k'), 'in y')
  t.equal(ax.get('k'), 'in x', 'they have nothing to do with each other')
  ay.set('k', 'more')
  await within(ay.replicated(), 'live')
  t.equal(by.get('k'), 'more')
  t.deepEqual([ax.stats().streams, ay.stats().streams], [1, 1], 'the stream is one of each')
  await closeAll(...a.models, ...b.models)
})

test("a structure's own stream is a bundle of one", async t => {
  const a = node('a', 'x', 'y')
  const bx = new Model({ id: 'b', name: 'x' })
  const by = new Model({ id: 'c', name: 'y' })
  for (const model of a.models) model.set('k', model === a.models[0] ? 'x' : 'y')
  await meet(a.all, bx)
  await meet(a.all, by)
  t.equal(bx.get('k'), 'x')
  t.equal(by.get('k'), 'y')
  await closeAll(...a.models, bx, by)
})

test('a channel that the other end lacks stays idle', async t => {
  const [a, b] = [new Model({ id: 'a', name: 'x' }), new Model({ id: 'b', name: 'y' })]
  const { a: one, b: two } = await meet(a, b)
  a.set('k', 1)
  b.set('l', 2)
  await turns()
  t.deepEqual([[...a.keys()], [...b.keys()]], [['k'], ['l']])
  t.deepEqual([one.errored, two.errored], [null, null])
  t.deepEqual([one.destroyed, two.destroyed], [false, false])
  await closeAll(a, b)
})

test('mismatched names with tail: false end at once', async t => {
  const [a, b] = [new Model({ id: 'a', name: 'x' }), new Model({ id: 'b', name: 'y' })]
  const { a: one, b: two } = join(a, b, { tail: false })
  await within(Promise.all([closing(one), closing(two)]), 'both')
  t.deepEqual([one.errored, two.errored], [null, null])
  await closeAll(a, b)
})

test("'sync' waits for all of them", async t => {
  const [a, b] = [node('a', 'x', 'y'), node('b', 'x', 'y')]
  for (const model of a.models) for (let i = 0; i < 2_000; i++) model.set(`k${i}`, i)
  await meet(a.all, b.all)
  t.deepEqual(b.models.map(({ size }) => size), [2_000, 2_000])
  await closeAll(...a.models, ...b.models)
})

test('closing one of them ends the connection, and makes no other', async t => {
  const [a, b] = [node('a', 'x', 'y'), node('b', 'x', 'y')]
  const { a: one, b: two } = await meet(a.all, b.all)
  const closed = Promise.all([closing(one), closing(two)])
  await a.models[0]?.close()
  await within(closed, 'both ends')
  t.equal(reason(a.all.createStream()), 'CLOSED')
  t.equal(a.models[1]?.stats().streams, 0)
  await closeAll(...a.models, ...b.models)
})

for (const codec of ['msgpack', 'ndjson'] as const) {
  test(`structures of different limits, in whatever order, ${codec}`, async t => {
    const small = { name: 'small', maxFrameBytes: 4_096, maxKeyBytes: 10, maxValueBytes: 1_000, maxStreams: 2 }
    const large = { name: 'large', maxFrameBytes: 8_000_000, maxKeyBytes: 2_000, maxValueBytes: 4_000_000 }
    const [a, b] = ['a', 'b'].map(id => [new Model({ id, ...small }), new Model({ id, ...large })]) as [[Model, Model], [Model, Model]]
    const alone = new Model({ id: 'c', ...small })
    const ends = [bundle({ small: a[0], large: a[1] }), bundle({ large: b[1], small: b[0] })] as const
    for (let i = 0; i < 50; i++) a[0].set(`k${i}`, 'x'.repeat(900))
    a[1].set('k'.repeat(2_000), new Uint8Array(3_999_000).fill(200))
    b[1].set('k', new Uint8Array(3_999_000).fill(200))
    await meet(...ends, { codec }, { codec })
    t.deepEqual([...a, ...b].map(({ size }) => size), [50, 2, 50, 2])
    t.equal((b[1].get('k'.repeat(2_000)) as Uint8Array).length, 3_999_000)
    t.equal((a[1].get('k') as Uint8Array).length, 3_999_000)
    await meet(ends[0], alone, { codec }, { codec })
    t.equal(alone.size, 50, 'one that is alone at the other end gets no longer frames than it takes')
    t.equal(reason(ends[0].createStream()), 'TOO_MANY_STREAMS', 'each counts its streams')
    await closeAll(...a, ...b, alone)
  })
}

test("a bundle's structure takes no values beyond its own limit", async t => {
  const pairOf = (id: string, maxValueBytes: number): [Model, Model] => [new Model({ id, name: 'x' }), new Model({ id, name: 'y', maxValueBytes })]
  const [a, b] = [pairOf('a', 100_000), pairOf('b', 100)]
  const { a: one, b: two } = join(bundle({ x: a[0], y: a[1] }), bundle({ x: b[0], y: b[1] }))
  a[1].set('k', 'x'.repeat(1_000))
  await within(Promise.all([closing(one), closing(two)]), 'both')
  t.deepEqual([reason(one), reason(two)], ['BAD_FRAME', 'BAD_FRAME'])
  await closeAll(...a, ...b)
})

test('what can be no bundle is INVALID_ARGUMENT', t => {
  const [a, b] = [new Model({ id: 'a', name: 'x' }), new Model({ id: 'b', name: 'y' })]
  t.equal(refusalOf(() => bundle({ a, b })), 'RangeError INVALID_ARGUMENT', 'different ids')
  t.equal(refusalOf(() => bundle({})), 'RangeError INVALID_ARGUMENT', 'nothing')
  t.equal(refusalOf(() => bundle({ a, other: new Model({ id: 'a', name: 'x' }) })), 'RangeError INVALID_ARGUMENT', 'one name twice')
  t.equal(refusalOf(() => bundle({ a: {} as Model })), 'TypeError INVALID_ARGUMENT', 'no structure')
  t.equal(refusalOf(() => bundle(null as unknown as Record<string, Model>)), 'TypeError INVALID_ARGUMENT', 'null')
  const many = Array.from({ length: 257 }, (_, i) => new Model({ id: 'a', name: `n${i}` }))
  t.equal(refusalOf(() => bundle(Object.fromEntries(many.map((model, i) => [`n${i}`, model])))), 'RangeError INVALID_ARGUMENT', 'more than a hello names')
  const long = Array.from({ length: 100 }, (_, i) => new Model({ id: 'a', name: `${i}`.padEnd(1_000, 'x') }))
  t.equal(refusalOf(() => bundle(Object.fromEntries(long.map((model, i) => [`n${i}`, model])))), 'RangeError INVALID_ARGUMENT', 'names too long for a hello')
  t.end()
})

test('a bundle is never weaker than one of its structures: secrets and clusters must be the same', async t => {
  const models = [new Model({ id: 'a', name: 'x' }), new Model({ id: 'a', name: 'y', secret: 'top' }), new Model({ id: 'a', name: 'z', cluster: 'c' })] as const
  t.throws(() => bundle({ x: models[0], y: models[1] }), /one secret/)
  t.throws(() => bundle({ x: models[0], z: models[2] }), /one cluster/)
  for (const model of models) await model.close()
})
