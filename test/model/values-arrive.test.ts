import test from 'tape'
import { Model } from '../../lib/index.js'
import { sameValue } from '../../lib/ground/values.js'
import { closeAll, convergence, join, joinTcp, meet } from '../support/pairs.js'
import { within } from '../support/waiting.js'

// Values arrive as they left, in either codec.

const proto: unknown = JSON.parse('{"__proto__":{"x":1},"constructor":2,"toJSON":"no"}')
const values: Record<string, unknown> = {
  null: null,
  true: true,
  false: false,
  zero: 0,
  negative: -1,
  float: 0.1,
  tiny: 5e-324,
  huge: 1.7976931348623157e308,
  'beyond int32': 2 ** 40 + 1,
  'safe integers': [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  text: 'ü€😀\u0000\ufeff"\\\n\u2028',
  empty: ['', [], {}, new Uint8Array(0)],
  bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
  'nested bytes': { a: [{ b: Uint8Array.of(1, 2, 3) }] },
  bigints: [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n],
  'nested bigint': { a: [{ b: -5n }] },
  'a key __proto__': proto,
  'dollars, which ndjson escapes with': [{ $bytes: 'AQ==' }, { $bigint: '1' }, { $: 1 }, { $$a: 1 }, { $a: 1, b: 2 }],
  'like a Buffer': { type: 'Buffer', data: [1] },
  'keys like numbers': { 1: 'a', '-1': 'b', '01': 'c' },
  deep: Array.from({ length: 99 }).reduce<unknown>(inner => [inner], 'bottom'),
  '200 kB of text': 'x'.repeat(200_000),
  '200 kB of bytes': new Uint8Array(200_000).fill(7),
  '20,000 numbers': Array.from({ length: 20_000 }, (_, i) => i)
}

for (const [codecA, codecB] of [['msgpack', 'msgpack'], ['ndjson', 'ndjson'], ['msgpack', 'ndjson']] as const) {
  test(`from ${codecA} to ${codecB} and back`, async t => {
    const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
    for (const [key, value] of Object.entries(values)) a.set(key, value)
    await meet(a, b, { codec: codecA }, { codec: codecB })
    for (const [key, value] of Object.entries(values)) {
      t.deepEqual(b.get(key), value, key)
      b.set(`back ${key}`, value)
    }
    await within(b.replicated(), 'all back')
    for (const key of Object.keys(values)) t.deepEqual(a.get(`back ${key}`), a.get(key), `${key}, back`)
    await closeAll(a, b)
  })
}

test('what arrives is of the kinds that left', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('bytes', Buffer.from([1, 2]))
  a.set('minus zero', -0)
  a.set('proto', proto)
  await meet(a, b, { codec: 'ndjson' })
  for (const model of [a, b]) {
    t.equal(model.get('bytes')?.constructor, Uint8Array, 'a Buffer is stored as bytes')
    t.ok(Object.is(model.get('minus zero'), 0), 'JSON knows no negative zero')
    t.equal(Object.getPrototypeOf(model.get('proto')), Object.prototype)
    t.equal(JSON.stringify(model.get('proto')), JSON.stringify(proto))
    t.ok(Object.isFrozen(model.get('proto')))
  }
  await closeAll(a, b)
})

test('any key arrives', async t => {
  const keys = ['__proto__', 'constructor', ' ', '\u0000', 'ü€😀', '"', '\n', '1', 'k'.repeat(1_024)]
  for (const codec of ['msgpack', 'ndjson'] as const) {
    const [a, b] = [new Model({ id: 'a' }), new Model({ id: '__proto__' })]
    for (const key of keys) a.set(key, key)
    await meet(a, b, { codec }, { codec })
    t.deepEqual([...b.keys()], keys, codec)
    b.set('by', 'proto')
    await convergence(a, b)
    t.deepEqual(Object.entries(a.digest()).sort(), [['__proto__', 1], ['a', keys.length]])
    await closeAll(a, b)
  }
})

test('many large values over TCP, both ways at once', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  for (let i = 0; i < 50; i++) {
    a.set(`a${i}`, `${i}`.repeat(100_000).slice(0, 200_000))
    b.set(`b${i}`, new Uint8Array(200_000).fill(i))
  }
  await joinTcp(a, b)
  await within(Promise.all([a.replicated(), b.replicated()]), 'both')
  await convergence(a, b)
  t.deepEqual([a.size, b.size], [100, 100])
  t.deepEqual(a.get('b49'), new Uint8Array(200_000).fill(49))
  t.equal(b.get('a7'), '7'.repeat(100_000))
  await closeAll(a, b)
})

test('the largest value that fits is taken at the other end', async t => {
  const limits = { maxValueBytes: 1_000, maxKeyBytes: 10, maxFrameBytes: 4_096 }
  const a = new Model({ id: 'a', ...limits })
  a.set('bytes', new Uint8Array(997))
  a.set('text', 'x'.repeat(997))
  for (let i = 0; i < 100; i++) a.set(`k${i}`, '€'.repeat(150))
  for (const [i, codec] of (['msgpack', 'ndjson'] as const).entries()) {
    const b = new Model({ id: `b ${codec}`, ...limits })
    const { a: stream } = join(a, b, { codec })
    await within(a.replicated(i + 1), 'replicated')
    t.equal(b.size, 102)
    t.equal(stream.errored, null)
    await b.close()
  }
  await a.close()
})

test('what grows most in JSON still fits', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('empty bytes', Array.from({ length: 131_000 }, () => new Uint8Array(0)))
  a.set('false', Array.from({ length: 262_000 }, () => false))
  a.set('control characters', '\u0001'.repeat(262_000))
  a.set('\u0001'.repeat(1_024), '\u0001'.repeat(262_000))
  const { a: stream } = join(a, b, { codec: 'ndjson' })
  await within(a.replicated(), 'replicated')
  t.equal(stream.errored, null)
  for (const [key, value] of a) t.ok(sameValue(b.get(key) ?? null, value), key.slice(0, 20))
  await closeAll(a, b)
})
