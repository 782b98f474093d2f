import test from 'tape'
import { Model } from '../../lib/index.js'
import type { Update } from '../../lib/index.js'
import { closeAll, convergence, meet, part } from '../support/pairs.js'
import { once, until } from '../support/waiting.js'

// 'update', 'delete' and 'peer', on this node and on the others.

function record (model: Model): string[] {
  const told: string[] = []
  const where = ({ local, source }: Update): string => `${local ? 'local' : 'remote'} ${source}`
  model.on('update', (key, value, update) => told.push(`update ${key}=${JSON.stringify(value)} ${where(update)}`))
  model.on('delete', (key, update) => told.push(`delete ${key} ${where(update)}`))
  model.on('expire', (key, update) => told.push(`expire ${key} ${update.source}`))
  return told
}

test('local and remote changes alike, in order; update.local tells which', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const [atA, atB] = [record(a), record(b)]
  await meet(a, b)
  a.set('x', 1)
  await until(() => b.has('x'), [b])
  b.set('x', 2)
  b.set('y', 3)
  await until(() => a.has('y'), [a])
  a.delete('x')
  await until(() => !b.has('x'), [b])
  t.deepEqual(atA, ['update x=1 local a', 'update x=2 remote b', 'update y=3 remote b', 'delete x local a'])
  t.deepEqual(atB, ['update x=1 remote a', 'update x=2 local b', 'update y=3 local b', 'delete x remote a'])
  await closeAll(a, b)
})

test('the update says what, whose, which version and when', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('other', 0)
  const made = a.set('k', { v: 1 })
  const told: Array<[key: string, value: unknown, update: Update]> = []
  b.on('update', (...args) => told.push(args))
  await meet(a, b)
  const [key, value, update] = told[1] ?? []
  t.equal(key, 'k')
  t.deepEqual(value, { v: 1 })
  t.deepEqual(update, { ...made, local: false })
  const deleted = once(b, 'delete')
  a.delete('k')
  const [gone, why] = await deleted as [string, Update]
  t.equal(gone, 'k')
  t.deepEqual({ ...why, time: 0 }, { ...made, value: undefined, version: 3, local: false, time: 0 })
  await closeAll(a, b)
})

test('only when the visible value changed', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  // Both write the same, concurrently: one of the two dots is hidden, and the value is what it was.
  a.set('same', 'v')
  b.set('same', 'v')
  const [atA, atB] = [record(a), record(b)]
  await meet(a, b)
  await convergence(a, b)
  t.deepEqual([atA, atB], [[], []])
  a.set('same', 'v', { ttl: 1e6 })
  await convergence(a, b)
  t.deepEqual([atA, atB], [[], []], 'a ttl that is set alone changes no value')
  t.deepEqual([a.size, b.size], [1, 1])
  await closeAll(a, b)
})

test('of concurrent writes the loser is told nothing else than the winner', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('k', 'from a')
  b.set('k', 'from b')
  const [atA, atB] = [record(a), record(b)]
  await meet(a, b)
  await convergence(a, b)
  t.equal(a.get('k'), b.get('k'), 'ties are broken the same way everywhere')
  t.equal(atA.length + atB.length, 1, 'one of the two saw a change')
  await closeAll(a, b)
})

test('a set that is concurrent with a delete survives', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('k', 1)
  await part(await meet(a, b))
  b.set('k', 2)
  a.delete('k')
  t.equal(a.get('k'), undefined)
  await meet(a, b)
  await convergence(a, b)
  t.equal(a.get('k'), 2)
  t.equal(b.get('k'), 2)
  await closeAll(a, b)
})

test("'peer' names each one that is met", async t => {
  const [a, b, c] = [new Model({ id: 'a' }), new Model({ id: 'b' }), new Model({ id: 'c' })]
  const met: string[] = []
  a.on('peer', id => met.push(id))
  await meet(a, b)
  await meet(a, c)
  t.deepEqual(met, ['b', 'c'])
  await closeAll(a, b, c)
})

test('a change made by a listener is told after the one that it was told of', async t => {
  const a = new Model({ id: 'a' })
  const told: string[] = []
  a.on('update', key => { if (key === 'first') a.set('second', 1) })
  a.on('update', key => told.push(key))
  a.set('first', 1)
  t.deepEqual(told, ['first', 'second'])
  await a.close()
})

test('changes pass through a node in between', async t => {
  const [a, b, c] = [new Model({ id: 'a' }), new Model({ id: 'b' }), new Model({ id: 'c' })]
  await meet(a, b)
  await meet(b, c)
  const told = once(c, 'update')
  a.set('k', 'v')
  const [key, value, update] = await told as [string, unknown, Update]
  t.deepEqual([key, value, update.source, update.local], ['k', 'v', 'a', false])
  await convergence(a, b, c)
  await closeAll(a, b, c)
})
