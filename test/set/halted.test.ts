import test from 'tape'
import { ConsistentSet, TendrilError } from '../../lib/index.js'
import { codeOf } from '../support/failures.js'
import { TestClock } from '../support/clock.js'
import { closeAll, join } from '../support/pairs.js'
import { turns, within } from '../support/waiting.js'
import { Cluster, reached, three } from './cluster.js'

// Without a quorum calls wait, in order; what ends their wait says whether they may still take effect.

async function errorOf (call: Promise<unknown>): Promise<TendrilError> {
  const error: unknown = await within(call.then(() => new Error('it was answered'), (reason: unknown) => reason), 'an error')
  if (!(error instanceof TendrilError)) throw error
  return error
}

test('two nodes whose link is cut both halt; calls wait in order, and go through when it is whole again', async t => {
  const cluster = await new Cluster(['a', 'b']).ready()
  const [a, b] = [cluster.get('a'), cluster.get('b')]
  await a.add('x')
  const events: string[] = []
  for (const set of [a, b]) for (const event of ['ready', 'halt'] as const) set.on(event, () => { events.push(`${set.id} ${event}`) })
  cluster.cut('a', 'b')
  await reached('halted', a, b)
  t.deepEqual(events.splice(0).sort(), ['a halt', 'b halt'])
  t.deepEqual([a.status().reachable, a.status().needed], [1, 2])
  const order: string[] = []
  const waiting = [
    a.rem('x').then(({ changed }) => { order.push(`rem ${changed}`) }),
    a.add('x', { token: 'again' }).then(() => { order.push('add') }),
    a.holder('x').then(holder => { order.push(`holder ${holder?.token}`) }),
    a.has('y').then(has => { order.push(`has ${has}`) })
  ]
  await turns(20)
  t.deepEqual(order, [])
  t.equal(a.status().queued, 4)
  t.deepEqual([...a], ['x'], 'the local view goes on')
  cluster.join('a', 'b')
  await within(Promise.all(waiting), 'all of them')
  t.deepEqual(order.filter(line => line !== 'has false'), ['rem true', 'add', 'holder again'])
  t.deepEqual(events.sort(), ['a ready', 'b ready'])
  t.equal((await b.holder('x'))?.token, 'again')
  await cluster.close()
})

test('of three nodes two go on, the third halts and takes part again afterwards', async t => {
  const { cluster, a, b, c } = await three()
  cluster.cut('a', 'c')
  cluster.cut('b', 'c')
  await reached('halted', c)
  const late = c.add('of c')
  await within(Promise.all([a.add('of a'), b.add('of b'), a.has('of b')]), 'the majority')
  t.deepEqual([a.state, b.state], ['ready', 'ready'])
  t.equal(c.size, 0)
  cluster.join('b', 'c')
  await within(late, 'the third')
  await cluster.shows('of a', 'of b', 'of c')
  await cluster.close()
})

for (const tieBreaker of [true, false]) {
  test(`of four nodes, two and two, ${tieBreaker ? 'the half with the tie-breaker goes on' : 'both halves halt without a tie-breaker'}`, async t => {
    const cluster = await new Cluster(['a', 'b', 'c', 'd'], 'mesh', () => ({ tieBreaker })).ready()
    t.equal(cluster.get('a').status().needed, tieBreaker ? 2 : 3)
    for (const [left, right] of [['a', 'c'], ['a', 'd'], ['b', 'c'], ['b', 'd']] as const) cluster.cut(left, right)
    await reached('halted', cluster.get('c'), cluster.get('d'), ...tieBreaker ? [] : [cluster.get('a'), cluster.get('b')])
    const waiting = Promise.all(cluster.sets.map(set => codeOf(() => set.add('x'))))
    if (tieBreaker) {
      await within(cluster.get('b').add('y'), 'the half that goes on')
      t.deepEqual([cluster.get('a').state, cluster.get('b').state], ['ready', 'ready'])
    }
    t.deepEqual(cluster.sets.map(({ size }) => size).slice(2), [0, 0])
    for (const [left, right] of [['a', 'c'], ['b', 'd']] as const) cluster.join(left, right)
    t.deepEqual((await within(waiting, 'all')).sort(), ['ALREADY_PRESENT', 'ALREADY_PRESENT', 'ALREADY_PRESENT', 'nothing'])
    await cluster.close()
  })
}

test('the wait ended where nothing was sent: ABORTED, and it never takes effect', async t => {
  const clock = new TestClock()
  const [a, b] = ['a', 'b'].map(id => new ConsistentSet({ id, members: ['a', 'b'], clock })) as [ConsistentSet, ConsistentSet]
  const controller = new AbortController()
  const byTimeout = errorOf(a.add('x', { timeout: 200 }))
  const bySignal = errorOf(a.rem('y', { signal: controller.signal }))
  const before = errorOf(a.add('z', { signal: AbortSignal.abort('why') }))
  const reading = errorOf(a.has('x', { timeout: 200 }))
  const none = errorOf(a.holder('x', { timeout: 0 }))
  const stays = a.add('stays', { timeout: 1_000 })
  controller.abort(new Error('enough'))
  clock.advance(200)
  const errors = await Promise.all([byTimeout, bySignal, before, reading, none])
  t.deepEqual(errors.map(({ code }) => code), new Array<string>(5).fill('ABORTED'))
  t.deepEqual(errors.map(({ token }) => token), new Array<undefined>(5).fill(undefined))
  t.equal((await bySignal).name, 'AbortError')
  t.equal(String((await bySignal).cause), 'Error: enough')
  t.equal(a.status().queued, 1)
  join(a, b)
  const met = reached('ready', a, b)
  await turns()
  clock.advance(20)
  await met
  await within(stays, 'what was not ended goes through')
  await turns()
  t.deepEqual([...a], ['stays'])
  t.equal(await within(a.has('x'), 'has'), false)
  const closed = closeAll(a, b)
  await turns()
  clock.advance(5_000)
  await closed
})

test('the wait ended where it was sent: OUTCOME_UNKNOWN with the token; it goes on, and a retry is answered as it would have been', async t => {
  const { cluster, a, b } = await three()
  const controller = new AbortController()
  const waiting = [errorOf(a.add('x', { signal: controller.signal })), errorOf(a.add('y', { signal: controller.signal, token: 'mine' })), errorOf(a.has('x', { signal: controller.signal }))]
  controller.abort()
  const [first, second, reading] = await Promise.all(waiting)
  t.deepEqual([first?.code, second?.code, reading?.code], ['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN', 'ABORTED'], 'a read has no effect')
  t.ok((first?.token ?? '').length >= 16, 'the token that was drawn')
  t.equal(second?.token, 'mine')
  t.equal((first?.cause as TendrilError | undefined)?.code, 'ABORTED')
  const [retried, again] = await Promise.all([a.add('x', { token: first?.token ?? '' }), a.add('y', { token: 'mine' })])
  t.deepEqual([retried.token, again.token], [first?.token, 'mine'])
  t.deepEqual(await b.holder('x'), { token: first?.token, fence: retried.fence })
  await cluster.shows('x', 'y')
  t.equal(a.status().queued, 0, 'they have come to an end')
  await cluster.close()
})

test('close: what waits is CLOSED, what was sent OUTCOME_UNKNOWN, what comes later CLOSED', async t => {
  const { cluster, a, b, c } = await three()
  const sent = errorOf(b.add('x', { token: 'mine' }))
  const behind = errorOf(b.has('x'))
  const closing = b.close()
  t.deepEqual([(await sent).code, (await sent).token], ['OUTCOME_UNKNOWN', 'mine'])
  t.equal((await behind).code, 'CLOSED')
  await closing
  cluster.cut('a', 'c')
  await reached('halted', a, c)
  const waiting = errorOf(a.add('y'))
  await a.close()
  t.equal((await waiting).code, 'CLOSED')
  for (const method of ['add', 'rem', 'has', 'holder'] as const) t.equal(await codeOf(() => a[method]('x')), 'CLOSED')
  const code = await new Promise(resolve => { a.add('x', error => { resolve(error?.code) }) })
  t.equal(code, 'CLOSED', 'callbacks too')
  t.equal(a.createStream().destroyed, true)
  await a.close()
  await cluster.close()
})

test('a set that is halted lets 10,000 calls wait, and says ABORTED to more', async t => {
  const set = new ConsistentSet({ id: 'a', members: ['a', 'b'] })
  await turns()
  t.equal(set.state, 'halted')
  const waiting = Array.from({ length: 10_000 }, (_, i) => codeOf(() => set.add(`e${i}`)))
  t.equal(await codeOf(() => set.add('one more')), 'ABORTED')
  t.equal(set.status().queued, 10_000)
  await set.close()
  t.deepEqual([...new Set(await Promise.all(waiting))], ['CLOSED'])
})
