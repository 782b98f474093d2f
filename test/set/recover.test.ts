import test from 'tape'
import { MemoryLevel } from 'memory-level'
import { ConsistentSet, recover } from '../../lib/index.js'
import { code, codeOf, refusalOf } from '../support/failures.js'
import { join } from '../support/pairs.js'
import { once, within } from '../support/waiting.js'
import { Cluster, comes } from './cluster.js'
import { LoggedLevel } from './logged-level.js'

// No quorum can ever come back: one store goes on alone, by the user's word.

const ids = ['a', 'b', 'c']

test('two of three are lost for good: the third goes on with what it holds, and grows again', async t => {
  const stored = new Map(ids.map(id => [id, new LoggedLevel()]))
  const cluster = await new Cluster(ids, 'mesh', id => ({ storage: stored.get(id)! })).ready()
  const [, b] = cluster.sets as [ConsistentSet, ConsistentSet]
  for (let i = 0; i < 30; i++) await cluster.sets[i % 3]?.add(`e${i}`)
  for (let i = 0; i < 30; i += 3) await b.rem(`e${i}`)
  const held = await b.add('lock', { token: 'ada' })
  const names = [...Array.from({ length: 30 }, (_, i) => i).filter(i => i % 3 !== 0).map(i => `e${i}`), 'lock'].sort()
  await cluster.shows(...names)
  await cluster.close()

  t.deepEqual(await recover({ storage: stored.get('a')!, acceptLoss: true }), { id: 'a', before: ids, elements: names.length })
  const again = new ConsistentSet({ id: 'a', members: ids, storage: stored.get('a')! })
  if (again.state !== 'ready') await within(once(again, 'ready'), 'ready alone')
  t.deepEqual(again.status().members, ['a'])
  t.deepEqual([...again].sort(), names)
  t.deepEqual(await again.holder('lock'), { token: 'ada', fence: held.fence })
  await again.rem('lock')
  t.ok((await again.add('lock')).fence > held.fence, 'fences go on growing')
  t.equal(await codeOf(() => again.add('e1')), 'ALREADY_PRESENT')

  const old = new ConsistentSet({ id: 'b', members: ids, storage: stored.get('b')! })
  const refused = once(old, 'error')
  const told = once(again, 'error')
  join(again, old)
  t.equal(code((await within(refused, 'an old member'))[0]), 'CLUSTER_MISMATCH')
  t.equal(code((await within(told, 'and the other'))[0]), 'CLUSTER_MISMATCH')
  await old.close()

  const fresh = new ConsistentSet({ id: 'b' })
  join(again, fresh)
  t.deepEqual(await within(again.grow('b'), 'grow'), ['a', 'b'])
  t.equal(await within(fresh.has('e1'), 'a read'), true)
  await comes(() => [...fresh].length === names.length)
  await Promise.all([again.close(), fresh.close()])
})

test('the storage of no member, and of one that was put out', async t => {
  t.equal(await codeOf(() => recover({ storage: new MemoryLevel(), acceptLoss: true })), 'NOT_MEMBER')
  const stored = new Map(ids.map(id => [id, new LoggedLevel()]))
  const cluster = await new Cluster(ids, 'mesh', id => ({ storage: stored.get(id)! })).ready()
  const [a, , c] = cluster.sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  const out = once(c, 'error')
  await within(a.shrink('c'), 'shrink')
  t.equal(code((await within(out, 'put out'))[0]), 'NOT_MEMBER')
  await cluster.close()
  t.equal(await codeOf(() => recover({ storage: stored.get('c')!, acceptLoss: true })), 'NOT_MEMBER')
})

test('what recover is given', async t => {
  for (const options of [undefined, {}, { storage: new MemoryLevel() }, { acceptLoss: true }, { storage: 1, acceptLoss: true }, { storage: new MemoryLevel(), acceptLoss: 1 },
    { storage: new MemoryLevel(), acceptLoss: true, name: '' }]) {
    t.match(refusalOf(() => recover(options as never)), / INVALID_ARGUMENT$/, JSON.stringify(Object.keys(options ?? {})))
  }
  t.equal(refusalOf(() => { recover({ storage: new MemoryLevel(), acceptLoss: true }, 1 as never) }), 'TypeError INVALID_ARGUMENT')
  const error = await new Promise<unknown>(resolve => { recover({ storage: new MemoryLevel(), acceptLoss: true }, resolve) })
  t.equal(code(error), 'NOT_MEMBER')
})
