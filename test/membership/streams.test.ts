import test from 'tape'
import { bundle, Membership, Model } from '../../lib/index.js'
import { runScript } from '../support/children.js'
import { code, codeOf } from '../support/failures.js'
import { join } from '../support/pairs.js'
import { once, within } from '../support/waiting.js'
import { ids, journal, quick, Village } from '../support/village.js'

// Streams, bundles, and the end.

test('a bundle: model and members share one stream, both replicate', async t => {
  const village = new Village()
  const { clock } = village
  const [a, b] = [village.member('a', { facts: { k: 1 } }), village.member('b')]
  const [modelA, modelB] = [new Model({ id: 'a', clock }), new Model({ id: 'b', clock })]
  modelA.set('x', 1)
  const pair = join(bundle({ model: modelA, members: a }), bundle({ members: b, model: modelB }))
  await village.until(() => b.fact('a', 'k') === 1 && modelB.get('x') === 1)
  modelB.set('y', 2)
  b.set('l', 3)
  await village.until(() => a.fact('b', 'l') === 3 && modelA.get('y') === 2)
  const lines = journal(a)
  await village.pass(5_000)
  t.deepEqual(lines, [], 'beats flow beside the model')
  t.equal(a.stats().streams, 1)
  pair.a.destroy()
  await village.until(() => a.dead().length === 1)
  t.deepEqual(lines, ['suspect b', 'dead b'])
  const withMembersAlone = join(bundle({ model: modelA, members: a }), b)
  await village.until(() => a.alive().length === 2)
  t.notOk(withMembersAlone.a.destroyed)
  const plain = new Model({ id: 'plain', clock })
  const withModelAlone = join(bundle({ model: modelA, members: a }), plain)
  await village.until(() => plain.get('x') === 1)
  t.notOk(withModelAlone.a.destroyed)
  t.deepEqual(ids(a.all()), ['a', 'b'], 'who has no members is no member')
  t.equal(await codeOf(() => bundle({ members: a, model: modelB })), 'RangeError: structures of one bundle share one id (no TendrilError)')
  await village.close(...[a, b])
  await village.close(...[modelA, modelB, plain] as unknown as Membership[])
})

test('ndjson, one way and both ways', async t => {
  for (const [one, two] of [['ndjson', 'ndjson'], ['ndjson', 'msgpack']] as const) {
    const village = new Village()
    const value = { bytes: Uint8Array.of(1, 2, 3), big: 2n ** 63n, list: [null, 0.5, 'ü'] }
    const [a, b] = [village.member('a', { facts: { value } }), village.member('b', { facts: { value } })]
    village.link(a, b, { codec: one }, { codec: two })
    await village.until(() => a.alive().length === 2 && b.alive().length === 2)
    t.deepEqual(a.fact('b', 'value'), value)
    t.deepEqual(b.fact('a', 'value'), value)
    const lines = journal(a)
    await village.pass(2_000)
    t.deepEqual(lines, [])
    await village.close()
  }
})

test('where one direction may flow, one end learns, and the other is heard', async t => {
  const village = new Village()
  const [a, b] = [village.member('a', { facts: { k: 1 } }), village.member('b', { facts: { k: 2 } })]
  const [lines, others] = [journal(a), journal(b)]
  const { a: stream } = village.link(a, b, { readable: false })
  await village.until(() => a.fact('b', 'k') === 2)
  await village.pass(3_000)
  t.deepEqual(ids(a.alive()), ['a', 'b'])
  t.deepEqual(ids(b.all()), ['b'], 'nothing was sent to it')
  t.deepEqual(lines, ['join b'])
  t.deepEqual(others, [])
  t.notOk(stream.destroyed)
  await village.close()

  const second = new Village()
  const [c, d] = [second.member('c', { facts: { k: 1 } }), second.member('d')]
  second.link(c, d, { writable: false })
  await second.until(() => d.fact('c', 'k') === 1)
  await second.pass(3_000)
  t.deepEqual([ids(c.all()), ids(d.alive())], [['c'], ['c', 'd']])
  await second.close()
})

test("streams: 'hello', 'sync', stats, tail, signal", async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  const { a: one, b: two } = village.link(a, b)
  const hello = once(one, 'hello')
  await Promise.all([once(one, 'sync'), once(two, 'sync')])
  t.equal((((await hello)[0]) as { id: string }).id, 'b')
  const { bytesIn, bytesOut, framesIn, entriesIn } = one.stats()
  t.ok(bytesIn > 0 && bytesOut > 0 && framesIn > 0 && entriesIn > 0)
  t.deepEqual([a.stats().members, a.stats().alive, a.stats().streams], [2, 2, 1])
  const quiet = one.stats()
  await village.pass(10_000)
  const spentPerSecond = (one.stats().bytesOut - quiet.bytesOut) / 10
  t.ok(spentPerSecond > 0 && spentPerSecond <= 100 * 1_000 / quick.heartbeatMs, `${spentPerSecond} bytes a second when idle`)
  const brief = village.link(village.member('c'), village.member('d'), { tail: false })
  await village.until(() => brief.a.closed && brief.b.closed)
  t.deepEqual([code(brief.a.errored), code(brief.b.errored)], ['nothing', 'nothing'])
  const controller = new AbortController()
  const stream = a.createStream({ signal: controller.signal })
  controller.abort()
  await village.until(() => stream.closed)
  t.equal(code(stream.errored), 'ABORTED')
  await village.close()
})

test('members of another cluster, or without the secret, are none', async t => {
  const village = new Village()
  const cases = [[{ cluster: 'x' }, {}, 'CLUSTER_MISMATCH'], [{ secret: 'x' }, { secret: 'y' }, 'AUTH_FAILED'], [{ secret: 'x' }, {}, 'AUTH_FAILED']] as const
  for (const [one, two, expected] of cases) {
    const [a, b] = [village.member('a', one), village.member('b', two)]
    const lines = [a, b].map(journal)
    const pair = village.link(a, b)
    await village.until(() => pair.a.closed && pair.b.closed)
    t.deepEqual([code(pair.a.errored), code(pair.b.errored)], [expected, expected])
    t.deepEqual([ids(a.all()), ids(b.all())], [['a'], ['b']])
    t.deepEqual(lines, [[], []])
  }
  const [a, b] = [village.member('a', { secret: 'x', cluster: 'y' }), village.member('b', { secret: Buffer.from('x'), cluster: 'y' })]
  await village.chain(a, b)
  const [c, d] = [village.member('c', { name: 'one' }), village.member('d', { name: 'two' })]
  village.link(c, d)
  await village.pass(500)
  t.deepEqual(ids(c.all()), ['c'], 'channels of different names are idle')
  await village.close()
})

test('listeners that throw break nothing', async t => {
  const { code, stdout, stderr } = await runScript(new URL('throws.script.ts', import.meta.url))
  t.equal(stderr, '')
  t.equal(code, 0)
  const lines = stdout.trim().split('\n')
  t.equal(lines.at(-1), 'alive dead delete expire join leave restart suspect update', 'the other listeners were told everything')
  for (const what of ['join', 'alive', 'suspect', 'dead', 'restart', 'leave', 'update', 'delete', 'expire', 'dial']) {
    t.ok(lines.includes(`uncaught: ${what}`), `what was thrown surfaces: ${what}`)
  }
})

test('close: twice, with a callback; what is called afterwards', async t => {
  const village = new Village()
  const [a, b] = [village.member('a', { facts: { k: 1 } }), village.member('b')]
  await village.chain(a, b)
  const lines = journal(a)
  const closed = a.close()
  for (const call of [() => a.set('k', 2), () => a.delete('k'), () => { a.fail('b') }, () => { a.evict('b') }, () => a.leave(), () => a.flush()]) {
    t.equal(await codeOf(call), 'CLOSED')
  }
  const stream = a.createStream()
  t.ok(stream.destroyed)
  await within(closed, 'close')
  t.equal(code(stream.errored), 'CLOSED')
  t.equal(await within(codeOf(() => a.close()), 'again'), 'nothing')
  t.equal(await within(new Promise(resolve => { a.close(resolve) }), 'with a callback'), undefined)
  const other = b.createStream()
  const late = a.createStream()
  other.pipe(late).pipe(other)
  await village.until(() => other.closed)
  t.equal(a.fact('a', 'k'), 1, 'it can be read')
  await village.pass(3_000)
  t.deepEqual(lines, [], 'and tells nothing more')
  t.equal(await codeOf(() => a.ready()), 'nothing')
  await village.close()
})

test('over the real clock as well', async t => {
  const [a, b] = [new Membership({ id: 'a', ...quick }), new Membership({ id: 'b', ...quick })]
  const [joined, dead] = [once(a, 'join'), once(a, 'dead')]
  const { b: stream } = join(a, b)
  t.equal(((await joined)[0] as { id: string }).id, 'b')
  stream.destroy()
  t.equal(((await dead)[0] as { id: string }).id, 'b')
  const alive = once(a, 'alive')
  join(a, b)
  t.equal(((await alive)[0] as { id: string }).id, 'b')
  await within(Promise.all([a.leave(), b.close()]), 'the end')
  await within(a.close(), 'close')
})
