import test from 'tape'
import { Model } from '../../lib/index.js'
import { code, codeOf } from '../support/failures.js'
import { closeAll, join, joinTcp, meet, part } from '../support/pairs.js'
import { within } from '../support/waiting.js'

// replicated(peers, { signal }, callback): enough peers have acknowledged all that was written here so far.

test('resolves when a peer has it', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  await joinTcp(a, b)
  for (let i = 0; i < 100; i++) {
    a.set(`k${i}`, i)
    if (i % 10 !== 0) continue
    await within(a.replicated(), 'replicated')
    t.equal(b.get(`k${i}`), i)
  }
  await closeAll(a, b)
})

test('with nothing written there is nothing to wait for but the peers', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  await within(a.replicated(0), 'of none')
  const waiting = a.replicated(1)
  await meet(a, b)
  await within(waiting, 'of one')
  t.pass('resolved')
  await closeAll(a, b)
})

test('counts distinct peers', async t => {
  const [a, b, c] = [new Model({ id: 'a' }), new Model({ id: 'b' }), new Model({ id: 'c' })]
  a.set('k', 1)
  let isDone = false
  const both = a.replicated(2).then(() => { isDone = true })
  const first = await meet(a, b)
  await part(first)
  await meet(a, b)
  await meet(a, b)
  t.equal(isDone, false, 'one peer over three connections is one')
  await meet(a, c)
  await within(both, 'both')
  t.equal(c.get('k'), 1)
  await closeAll(a, b, c)
})

test('through a node in between it is the neighbour that acknowledges', async t => {
  const [a, b, c] = [new Model({ id: 'a' }), new Model({ id: 'b' }), new Model({ id: 'c' })]
  await meet(a, b)
  await meet(b, c)
  a.set('k', 1)
  await within(a.replicated(1), 'replicated')
  t.equal(b.get('k'), 1)
  await within(a.replicated(1).then(() => b.replicated(2)), 'the one in between')
  const controller = new AbortController()
  const second = codeOf(() => a.replicated(2, { signal: controller.signal }))
  t.equal(c.get('k'), 1, 'a third one has it')
  controller.abort()
  t.equal(await second, 'ABORTED', 'and does not count')
  await closeAll(a, b, c)
})

test('a receive-only peer acknowledges too', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  await meet(a, b, {}, { readable: false })
  a.set('k', 1)
  await within(a.replicated(), 'replicated')
  t.equal(b.get('k'), 1)
  await closeAll(a, b)
})

test('a delete is replicated as well', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('k', 1)
  await meet(a, b)
  a.delete('k')
  await within(a.replicated(), 'replicated')
  t.notOk(b.has('k'))
  await closeAll(a, b)
})

test('takes a callback instead of giving a promise', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('k', 1)
  join(a, b)
  t.equal(a.replicated(1, () => {}), undefined)
  const outcomes = [
    new Promise(resolve => { a.replicated(resolve) }),
    new Promise(resolve => { a.replicated(1, resolve) }),
    new Promise(resolve => { a.replicated(1, {}, resolve) })
  ]
  t.deepEqual(await within(Promise.all(outcomes), 'callbacks'), [undefined, undefined, undefined])
  const failed = await new Promise(resolve => { a.replicated(9, { signal: AbortSignal.abort() }, resolve) })
  t.equal(code(failed), 'ABORTED')
  await closeAll(a, b)
})

test('ABORTED', async t => {
  const a = new Model({ id: 'a' })
  a.set('k', 1)
  t.equal(await codeOf(() => a.replicated(1, { signal: AbortSignal.abort() })), 'ABORTED')
  const controller = new AbortController()
  const waiting = a.replicated(1, { signal: controller.signal })
  const reason = new Error('enough')
  controller.abort(reason)
  const error = await waiting.then(() => undefined, (error: unknown) => error)
  t.equal(code(error), 'ABORTED')
  t.equal((error as Error).cause, reason)
  await a.close()
})

test('CLOSED', async t => {
  const a = new Model({ id: 'a' })
  a.set('k', 1)
  const waiting = codeOf(() => a.replicated(1))
  await a.close()
  t.equal(await waiting, 'CLOSED')
  t.equal(await codeOf(() => a.replicated(0)), 'CLOSED')
  t.equal(code(await new Promise(resolve => { a.replicated(1, resolve) })), 'CLOSED')
})
