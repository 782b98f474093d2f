import test from 'tape'
import { Model } from '../../lib/index.js'
import { closeAll, convergence, join, meet } from '../support/pairs.js'
import { turns, within } from '../support/waiting.js'

// What goes over the wire, and what does not.

test('an equal value causes no traffic', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const { a: stream, b: other } = await meet(a, b)
  a.set('k', { v: 1 })
  await within(a.replicated(), 'replicated')
  await turns()
  const before = [stream.stats(), other.stats()]
  for (let i = 0; i < 100; i++) {
    a.set('k', { v: 1 })
    b.set('k', { v: 1 })
    b.delete('absent')
    await turns(1)
  }
  await turns()
  t.deepEqual([stream.stats(), other.stats()], before)
  await closeAll(a, b)
})

test('nothing is echoed to where it came from', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const { a: stream, b: other } = await meet(a, b)
  for (let i = 0; i < 100; i++) {
    a.set(`a${i}`, i)
    b.set(`b${i}`, i)
    await turns(1)
  }
  await convergence(a, b)
  await turns()
  for (const { entriesIn, entriesOut, duplicates } of [stream.stats(), other.stats()]) {
    t.deepEqual({ entriesIn, entriesOut, duplicates }, { entriesIn: 100, entriesOut: 100, duplicates: 0 })
  }
  await closeAll(a, b)
})

test('many changes of one turn share a frame, and a key changed often goes once', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const { a: stream } = await meet(a, b)
  await turns()
  const before = stream.stats()
  for (let i = 0; i < 1_000; i++) a.set(`k${i % 10}`, i)
  await within(a.replicated(), 'replicated')
  t.equal(b.get('k9'), 999)
  const after = stream.stats()
  t.equal(after.entriesOut - before.entriesOut, 10)
  t.ok(after.framesOut - before.framesOut <= 2, `${after.framesOut - before.framesOut} frames: the entries, and their mark`)
  await closeAll(a, b)
})

test('frames are near 16 KiB, so that nothing is stuck behind a long one', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  for (let i = 0; i < 10_000; i++) a.set(`key-${i}`, `value-${i}`)
  const { a: stream } = join(a, b)
  await within(a.replicated(), 'replicated')
  const { bytesOut, framesOut } = stream.stats()
  t.equal(b.size, 10_000)
  t.ok(bytesOut / framesOut < 20_000, `${Math.round(bytesOut / framesOut)} bytes a frame`)
  t.ok(bytesOut / framesOut > 8_000, 'and yet they are batches')
  await closeAll(a, b)
})

test('what goes out at one end comes in at the other', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('k', 1)
  b.set('l', 2)
  const { a: one, b: two } = await meet(a, b)
  await turns()
  const [x, y] = [one.stats(), two.stats()]
  t.deepEqual([x.bytesOut, x.framesOut, x.entriesOut], [y.bytesIn, y.framesIn, y.entriesIn])
  t.deepEqual([y.bytesOut, y.framesOut, y.entriesOut], [x.bytesIn, x.framesIn, x.entriesIn])
  t.deepEqual([x.entriesIn, x.entriesOut], [1, 1])
  await closeAll(a, b)
})
