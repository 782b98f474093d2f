import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import type { Added, Removed } from '../../lib/index.js'
import { codeOf } from '../support/failures.js'
import { once, turns, within } from '../support/waiting.js'
import { three } from './cluster.js'

// What the calls answer, with everything as it should be.

test('add, rem, has and holder, as promises', async t => {
  const { a, b, c, cluster } = await three()
  const added = await a.add('x')
  t.equal(added.element, 'x')
  t.ok(added.token.length >= 16, 'a token was drawn')
  t.ok(added.fence > '', 'it has a fence')
  t.equal(await codeOf(() => b.add('x')), 'ALREADY_PRESENT')
  t.equal(await c.has('x'), true)
  t.equal(await c.has('y'), false)
  t.deepEqual(await b.holder('x'), { token: added.token, fence: added.fence })
  t.equal(await b.holder('y'), undefined)
  t.deepEqual(await c.rem('x'), { element: 'x', changed: true })
  t.deepEqual(await a.rem('x'), { element: 'x', changed: false }, 'what is absent is no error')
  t.equal(await a.has('x'), false)
  const again = await b.add('x', { token: 'mine' })
  t.equal(again.token, 'mine')
  t.ok(again.fence > added.fence, 'a later add has a greater fence')
  t.deepEqual(await a.holder('x'), { token: 'mine', fence: again.fence })
  await cluster.close()
})

test('the same with callbacks, which are called once and never before the call returns', async t => {
  const alone = new ConsistentSet({ clusterSize: 1 })
  await once(alone, 'ready')
  const told: string[] = []
  alone.add('x', (error, result) => { told.push(`add ${String(error)} ${result?.element}`) })
  alone.add('x', { token: 'other' }, (error, result) => { told.push(`again ${error?.code} ${typeof result}`) })
  alone.has('x', (error, result) => { told.push(`has ${String(error)} ${result}`) })
  alone.holder('y', {}, (error, result) => { told.push(`holder ${String(error)} ${typeof result}`) })
  alone.rem('x', undefined, (error, result) => { told.push(`rem ${String(error)} ${result?.changed}`) })
  t.deepEqual(told, [])
  t.equal(alone.add('y', () => {}), undefined, 'no promise beside a callback')
  await turns()
  t.deepEqual(told.sort(), ['add null x', 'again ALREADY_PRESENT undefined', 'has null true', 'holder null undefined', 'rem null true'])
  await alone.close()
})

test('calls of one node on one element take effect in the order they were made', async t => {
  const { a, b, c, cluster } = await three()
  for (const set of [a, b, c]) {
    const answers = await Promise.all([
      set.has('x'), set.add('x', { token: '1' }), set.has('x'), set.holder('x'), codeOf(() => set.add('x')), set.rem('x'), set.has('x'),
      set.add('x', { token: '2' }), set.holder('x'), set.rem('x', { token: '2' }), set.rem('x')
    ])
    const [none, first, there, held, taken, gone, noMore, second, heldAgain, goneAgain, nothing] = answers
    t.deepEqual([none, there, taken, noMore], [false, true, 'ALREADY_PRESENT', false])
    t.deepEqual([held?.token, held?.fence, heldAgain?.token], ['1', first.fence, '2'])
    t.deepEqual([gone.changed, goneAgain.changed, nothing.changed], [true, true, false])
    t.ok(second.fence > first.fence)
  }
  await cluster.close()
})

test('of concurrent adds of one element on all nodes exactly one succeeds, and of concurrent removals', async t => {
  const { cluster } = await three()
  const { sets } = cluster
  for (let round = 0; round < 20; round++) {
    const codes = await Promise.all(sets.flatMap(set => [1, 2, 3].map(() => codeOf(() => set.add(`x${round}`)))))
    t.deepEqual(codes.sort(), [...new Array<string>(8).fill('ALREADY_PRESENT'), 'nothing'], `round ${round}`)
    const removed = await Promise.all(sets.map(set => set.rem(`x${round}`)))
    t.equal(removed.filter(({ changed }) => changed).length, 1)
  }
  await cluster.close()
})

test('tokens: who holds it may add again and remove, others may not', async t => {
  const { a, b, cluster } = await three()
  const { fence } = await a.add('lock', { token: 'ada' })
  t.deepEqual(await b.add('lock', { token: 'ada' }), { element: 'lock', token: 'ada', fence }, 'a retry is answered as the call was')
  t.equal(await codeOf(() => b.add('lock', { token: 'bob' })), 'ALREADY_PRESENT')
  t.equal(await codeOf(() => b.rem('lock', { token: 'bob' })), 'NOT_HOLDER')
  t.equal(await a.has('lock'), true)
  t.deepEqual(await b.rem('lock', { token: 'ada' }), { element: 'lock', changed: true })
  t.deepEqual(await b.rem('lock', { token: 'ada' }), { element: 'lock', changed: false }, 'nobody holds it: no error')
  t.equal((await b.add('lock', { token: 'bob' })).token, 'bob', 'the token that was refused may try again')
  await cluster.close()
})

test('fences of one element grow whoever adds it', async t => {
  const { cluster } = await three()
  const { sets } = cluster
  let last = ''
  for (let i = 0; i < 30; i++) {
    const set = sets[i % 3] as ConsistentSet
    const { fence } = await set.add('x')
    t.ok(fence > last)
    last = fence
    await sets[(i + 1) % 3]?.rem('x')
  }
  await cluster.close()
})

test('the local view: what this node was answered is in it, and each element comes and goes once at each', async t => {
  const { a, b, c, cluster } = await three()
  const lines: string[] = []
  for (const set of [a, b, c]) {
    set.on('add', element => { lines.push(`${set.id} + ${element}`) })
    set.on('rem', element => { lines.push(`${set.id} - ${element}`) })
  }
  const adding = a.add('x').then(() => [...a.values()])
  t.deepEqual(await adding, ['x'])
  t.equal(a.size, 1)
  await b.add('y')
  t.deepEqual([...b.values()].includes('y'), true)
  await cluster.shows('x', 'y')
  await c.rem('x')
  t.deepEqual([...c], ['y'])
  await cluster.shows('y')
  t.deepEqual(lines.sort(), ['a + x', 'a + y', 'a - x', 'b + x', 'b + y', 'b - x', 'c + x', 'c + y', 'c - x'])
  await cluster.close()
})

test('a listener that calls again, and one that throws, harm nobody', async t => {
  const alone = new ConsistentSet({ clusterSize: 1 })
  const thrown: unknown[] = []
  const onUncaught = (error: unknown): void => { thrown.push(error) }
  process.on('uncaughtException', onUncaught)
  const inner: Array<Promise<Added | Removed>> = []
  alone.on('add', element => { if (element.length < 5) inner.push(alone.add(`${element}x`)) })
  alone.on('add', () => { throw new Error('mine') })
  await within(alone.add('x'), 'the outer one')
  for (let i = 0; i < inner.length; i++) await within(inner[i] as Promise<Added>, 'an inner one')
  await turns()
  t.deepEqual([...alone], ['x', 'xx', 'xxx', 'xxxx', 'xxxxx'])
  t.equal(thrown.length, 5)
  process.removeListener('uncaughtException', onUncaught)
  await alone.close()
})

test('status and stats', async t => {
  const { a, b, c, cluster } = await three()
  await a.add('x')
  await a.rem('x')
  await a.add('y')
  t.deepEqual(a.status(), { state: 'ready', members: ['a', 'b', 'c'], reachable: 3, needed: 2, epoch: 1, queued: 0 })
  const { elements, tombstones, lanes, messagesOut, messagesIn, streams, changesWaiting } = a.stats()
  t.deepEqual([elements, streams, changesWaiting], [1, 2, 0])
  t.ok(tombstones <= 1 && lanes >= 0 && messagesOut > 0 && messagesIn > 0)
  t.equal(b.stats().streams + c.stats().streams, 4)
  t.deepEqual([a.id, a.state], ['a', 'ready'])
  t.equal(await codeOf(() => a.ready()), 'nothing')
  await cluster.close()
})
