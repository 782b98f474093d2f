import test from 'tape'
import ndjson from 'ndjson'
import { Model } from '../../lib/index.js'
import { closeAll, convergence, joinTcp, meet } from '../support/pairs.js'
import { once, until } from '../support/waiting.js'

// The ndjson codec: every line is JSON, and each end writes what it likes.

test('every line can be parsed, by JSON.parse and by ndjson', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('text', 'line\nbreak\r\n\u2028 ü😀')
  a.set('bytes', Uint8Array.of(0, 10, 13))
  a.set('big', 2n ** 63n)
  const [one, two] = [a.createStream({ codec: 'ndjson' }), b.createStream({ codec: 'ndjson' })]
  let text = ''
  one.on('data', (chunk: Buffer) => { text += chunk.toString() })
  const rows: unknown[] = []
  const parser = ndjson.parse()
  parser.on('data', (row: unknown) => rows.push(row))
  two.pipe(parser)
  one.pipe(two).pipe(one)
  await Promise.all([once(one, 'sync'), once(two, 'sync')])
  a.set('live', 1)
  await until(() => b.has('live'), [b])
  const lines = text.split('\n')
  t.equal(lines.pop(), '', 'the last line ends as well')
  const parsed = lines.map(line => JSON.parse(line) as unknown)
  t.equal((parsed[0] as { tendril: unknown }).tendril, 1, 'the hello comes first')
  t.ok(parsed.slice(1).every(Array.isArray), 'then arrays')
  t.ok(parsed.slice(1).every(frame => (frame as unknown[])[0] === 1), "of the hello's first channel")
  t.equal((rows[0] as { id: unknown }).id, 'b')
  t.deepEqual([...b], [...a])
  await closeAll(a, b)
})

for (const way of [joinTcp, meet] as const) {
  test(`one end ndjson, the other msgpack, over ${way === meet ? 'memory' : 'TCP'}`, async t => {
    const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
    for (let i = 0; i < 2_000; i++) {
      a.set(`a${i}`, { i, bytes: Uint8Array.of(i & 255) })
      b.set(`b${i}`, { i, big: BigInt(i) })
    }
    const { a: one } = await way(a, b, { codec: 'ndjson' }, { codec: 'msgpack' })
    await convergence(a, b)
    t.deepEqual([a.size, b.size], [4_000, 4_000])
    t.deepEqual(a.get('b1999'), { i: 1_999, big: 1_999n })
    t.deepEqual(b.get('a1999'), { i: 1_999, bytes: Uint8Array.of(1_999 & 255) })
    t.equal(one.errored, null)
    await closeAll(a, b)
  })
}
