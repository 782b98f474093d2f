import test from 'tape'
import { bundle, ConsistentSet, Membership, Model } from '../../lib/index.js'
import { TestClock } from '../support/clock.js'
import { closeAll, join } from '../support/pairs.js'
import { turns, until, within } from '../support/waiting.js'
import { Cluster, comes, reached, three } from './cluster.js'

// Members that have no link with each other are asked all the same, through others.

test('a chain a - b - c: a and c consult each other through b', async t => {
  const cluster = await new Cluster(['a', 'b', 'c'], 'chain').ready()
  const [a, c] = [cluster.get('a'), cluster.get('c')]
  await comes(() => a.status().reachable === 3 && c.status().reachable === 3)
  t.deepEqual(await Promise.all(cluster.sets.map(async set => (await set.add(set.id)).element)), ['a', 'b', 'c'])
  await cluster.shows('a', 'b', 'c')
  const codes = await Promise.allSettled(cluster.sets.map(set => set.add('x')))
  t.equal(codes.filter(({ status }) => status === 'fulfilled').length, 1)
  cluster.cut('b', 'c')
  await reached('halted', c)
  await within(a.add('without c'), 'the others')
  await cluster.close()
})

test('a ring of five with a link cut, and with two', async t => {
  const cluster = await new Cluster(['a', 'b', 'c', 'd', 'e'], 'ring').ready()
  const add = async (name: string): Promise<void> => {
    await within(Promise.all(cluster.sets.map(set => set.add(`${name} of ${set.id}`))), name)
  }
  await add('whole')
  cluster.cut('a', 'e')
  await add('a chain')
  cluster.cut('b', 'c')
  await reached('halted', cluster.get('a'), cluster.get('b'))
  const late = cluster.get('a').add('late')
  await within(cluster.get('d').add('three go on'), 'three')
  cluster.join('a', 'e')
  await within(late, 'the two are back')
  const ids = ['a', 'b', 'c', 'd', 'e']
  await cluster.shows('late', 'three go on', ...ids.map(id => `whole of ${id}`), ...ids.map(id => `a chain of ${id}`))
  t.pass('all of it is everywhere')
  await cluster.close()
})

test('each member is asked once per operation', async t => {
  // Time stands still: nobody is asked again, and no news go out by themselves.
  const clock = new TestClock()
  const { cluster, a, b, c } = await three(() => ({ clock }))
  for (const set of [a, b, c]) await within(set.add(`a lane of ${set.id}`), 'a first operation')
  await turns()
  const cost = async (call: () => Promise<unknown>): Promise<{ out: number, in: number[] }> => {
    const before = [a, b, c].map(set => set.stats())
    await within(call(), 'the call')
    await turns()
    const spent = [a, b, c].map((set, i) => ({ out: set.stats().messagesOut - before[i]!.messagesOut, in: set.stats().messagesIn - before[i]!.messagesIn }))
    return { out: spent.reduce((sum, { out }) => sum + out, 0), in: spent.map(set => set.in) }
  }
  t.deepEqual(await cost(() => a.has('a lane of b')), { out: 4, in: [2, 1, 1] }, 'a read: one question to each other, one answer from each')
  for (const element of ['a lane of a', 'a lane of b', 'a lane of c']) {
    const { out, in: heard } = await cost(() => a.rem(element))
    t.ok(out === 4 || out === 6, 'a change: two accepts, two acknowledgements, and one question to the owner and its answer where that is another')
    t.deepEqual([...heard].sort(), out === 4 ? [1, 1, 2] : [1, 2, 3], `${element}: nobody is asked twice`)
  }
  const closed = cluster.close()
  await turns()
  clock.advance(5_000)
  await closed
})

test('a bundle: a model, members and a set on one connection', async t => {
  const nodes = ['a', 'b'].map(id => {
    const [model, members, set] = [new Model({ id }), new Membership({ id }), new ConsistentSet({ id, members: ['a', 'b'] })]
    return { model, members, set, all: bundle({ model, members, set }) }
  })
  const [a, b] = nodes as [typeof nodes[0], typeof nodes[0]]
  const pair = join(a.all, b.all)
  a.model.set('k', 1)
  await within(a.set.add('x'), 'the set')
  await until(() => b.model.get('k') === 1, [b.model])
  await until(() => b.members.alive().length === 2, [b.members], ['join'])
  t.deepEqual([a.set.stats().streams, a.model.stats().streams, [...a.set]], [1, 1, ['x']])
  t.notOk(pair.a.destroyed)
  await closeAll(...nodes.flatMap(({ model, members, set }) => [model, members, set]))
})

for (const [one, two] of [['ndjson', 'ndjson'], ['ndjson', 'msgpack']] as const) {
  test(`${one} one way and ${two} the other`, async t => {
    const [a, b] = ['a', 'b'].map(id => new ConsistentSet({ id, members: ['a', 'b'] })) as [ConsistentSet, ConsistentSet]
    join(a, b, { codec: one }, { codec: two })
    const { token } = await within(a.add('ü\n"\\'), 'add')
    t.equal((await within(b.holder('ü\n"\\'), 'holder'))?.token, token)
    await closeAll(a, b)
  })
}
