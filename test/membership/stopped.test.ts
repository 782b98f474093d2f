import test from 'tape'
import { bundle, Model } from '../../lib/index.js'
import type { Membership } from '../../lib/index.js'
import { runScript } from '../support/children.js'
import { code, codeOf } from '../support/failures.js'
import { join } from '../support/pairs.js'
import { ids, journal, Village } from '../support/village.js'

// Those who were told to stop, and those who told them.

test("without a listener of 'error', a member that is put out or outlived stops, and ends nothing", async t => {
  for (const why of ['EVICTED', 'DUPLICATE_ID']) {
    const { code, stdout, stderr } = await runScript(new URL('unheard.script.ts', import.meta.url), [why])
    t.deepEqual([code, stderr], [0, ''], why)
    t.equal(stdout.trim(), `set: ${why}; stream: ${why}`)
  }
})

test('two holders that meet: one conflict each; the winner\'s stream closed, the loser\'s says why', async t => {
  for (const order of ['older dials', 'younger dials']) {
    const village = new Village()
    const older = village.member('same')
    await village.pass(1_000)
    const younger = village.member('same')
    const journals = [older, younger].map(journal)
    const meet = async (): Promise<string[]> => {
      const { a, b } = order === 'older dials' ? village.link(older, younger) : village.link(younger, older)
      await village.until(() => a.closed && b.closed)
      return (order === 'older dials' ? [a, b] : [b, a]).map(({ errored }) => code(errored))
    }
    t.deepEqual(await meet(), ['DUPLICATE_ID', 'PREMATURE_CLOSE'], order)
    t.deepEqual(journals, [['conflict same', 'error DUPLICATE_ID'], ['conflict same']])
    t.deepEqual((await meet())[0], 'DUPLICATE_ID', 'it stays stopped')
    t.deepEqual(journals.map(lines => lines.length), [2, 1], 'and nobody tells of it twice')
    await village.close()
  }
})

test('the winner says in its stream whom it has turned away', async t => {
  const village = new Village()
  const older = village.member('same')
  journal(older)
  await village.pass(1_000)
  const { a: stream } = village.link(village.member('same'), older)
  await village.until(() => stream.closed)
  t.match(stream.errored?.message ?? '', /another node calls itself 'same'/)
  await village.close()
})

/** A chain of three of which the last one is put out by the first. */
async function putOut (village: Village): Promise<[Membership, Membership, Membership]> {
  const all = ['a', 'b', 'c'].map(id => village.member(id)) as [Membership, Membership, Membership]
  await village.chain(...all)
  all[0].evict('c')
  return all
}

test('who was put out is told EVICTED on every stream; to those who turn it away the stream has closed', async t => {
  const village = new Village()
  const [, b, c] = await putOut(village)
  await village.until(() => c.stats().streams === 0)
  const back = village.member('c')
  const lines = journal(back)
  const { a: knocking, b: door } = village.link(back, b)
  await village.until(() => knocking.closed && door.closed)
  t.deepEqual([code(knocking.errored), code(door.errored)], ['EVICTED', 'PREMATURE_CLOSE'])
  t.match(door.errored?.message ?? '', /'c' was put out/)
  t.deepEqual(lines, ['error EVICTED'])
  await village.close()
})

test('one that was put out knows it, takes the others for lost, and connects no more', async t => {
  const village = new Village()
  const model = new Model({ id: 'c', clock: village.clock })
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c', { facts: { k: 1 } })]
  const both = bundle({ model, members: c })
  await village.chain(a, b)
  const other = new Model({ id: 'b', clock: village.clock })
  const pair = join(both, bundle({ model: other, members: b }))
  await village.until(() => c.alive().length === 3 && a.alive().length === 3)
  const lines = journal(c)
  a.evict('c')
  await village.until(() => pair.a.closed)
  t.equal(c.self.status, 'evicted')
  t.equal(c.get('c')?.status, 'evicted')
  t.equal(c.explain('c')?.status, 'evicted')
  await village.until(() => c.dead().length === 2)
  t.deepEqual(lines.sort(), ['dead a', 'dead b', 'error EVICTED', 'suspect a', 'suspect b'])
  t.deepEqual([ids(c.alive()), ids(c.all())], [[], ['a', 'b', 'c']])
  model.set('late', 1)
  for (const make of [() => c.createStream(), () => both.createStream()]) {
    const stream = make()
    t.ok(stream.destroyed)
    await village.until(() => stream.closed)
    t.equal(code(stream.errored), 'EVICTED')
  }
  join(both, bundle({ model: other, members: b }))
  await village.pass(1_000)
  t.equal(other.get('late'), undefined, 'nor does its model replicate under that id')
  await village.pass(5_000)
  t.equal(lines.length, 5, 'it tells nothing more')
  await village.close()
  await Promise.all([model.close(), other.close()])
})

test('one that was outlived takes the others for lost, and connects no more', async t => {
  const village = new Village()
  const [a, older] = [village.member('a'), village.member('same')]
  await village.chain(a, older)
  await village.pass(1_000)
  const lines = journal(older)
  const younger = village.member('same')
  village.link(younger, a)
  await village.until(() => older.stats().streams === 0)
  await village.until(() => older.dead().length === 1)
  t.deepEqual(lines, ['conflict same', 'error DUPLICATE_ID', 'suspect a', 'dead a'])
  const { a: stream } = village.link(older, a)
  t.ok(stream.destroyed)
  await village.until(() => stream.closed)
  t.equal(code(stream.errored), 'DUPLICATE_ID')
  await village.pass(1_000)
  t.deepEqual([ids(older.alive()), ids(a.alive())], [['same'], ['a', 'same']])
  t.equal(await codeOf(() => older.set('k', 1)), 'DUPLICATE_ID')
  await village.close(older)
  t.equal(code(older.createStream().errored), 'CLOSED')
  await village.close()
})
