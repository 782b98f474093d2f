import test from 'tape'
import { Model } from '../../lib/index.js'
import { closeAll, convergence, meet, part } from '../support/pairs.js'

// Digests of converged nodes are equal, and so is what they hold.

test('of a chain, written at all ends at once', async t => {
  const models = ['a', 'b', 'c', 'd'].map(id => new Model({ id }))
  const [a, b, c, d] = models as [Model, Model, Model, Model]
  for (const [i, model] of models.entries()) for (let k = 0; k <= i; k++) model.set(`shared ${k}`, model.id)
  await Promise.all([meet(a, b), meet(b, c), meet(c, d)])
  await convergence(a, b, c, d)
  t.deepEqual(Object.entries(a.digest()).sort(), [['a', 1], ['b', 2], ['c', 3], ['d', 4]])
  const held = JSON.stringify([...a].sort())
  t.ok(models.every(model => JSON.stringify([...model].sort()) === held), held)
  await closeAll(...models)
})

test('of a ring', async t => {
  const models = ['a', 'b', 'c'].map(id => new Model({ id }))
  const [a, b, c] = models as [Model, Model, Model]
  await Promise.all([meet(a, b), meet(b, c), meet(c, a)])
  for (let i = 0; i < 50; i++) for (const model of models) model.set(`k${i % 7}`, `${model.id}${i}`)
  await convergence(a, b, c)
  t.deepEqual(new Map(a), new Map(b))
  t.deepEqual(new Map(b), new Map(c))
  await closeAll(...models)
})

test('after being apart, with deletes in between', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  for (let i = 0; i < 20; i++) a.set(`k${i}`, i)
  await part(await meet(a, b))
  for (let i = 0; i < 10; i++) a.delete(`k${i}`)
  for (let i = 5; i < 15; i++) b.set(`k${i}`, 'b')
  await meet(a, b)
  await convergence(a, b)
  t.deepEqual(new Map(a), new Map(b))
  t.deepEqual([...a.keys()].sort(), Array.from({ length: 15 }, (_, i) => `k${i + 5}`).sort())
  await closeAll(a, b)
})

for (const deletesKept of [0, 3]) {
  test(`with deletesKept ${deletesKept} nothing deleted comes back`, async t => {
    const [a, b, c] = ['a', 'b', 'c'].map(id => new Model({ id, deletesKept })) as [Model, Model, Model]
    for (let i = 0; i < 30; i++) a.set(`k${i}`, i)
    await part(await meet(a, b))
    await part(await meet(b, c))
    for (let i = 0; i < 20; i++) a.delete(`k${i}`)
    t.equal(a.stats().deletes, deletesKept, 'records of deletes')
    b.set('k5', 'b again')
    await part(await meet(a, b))
    await part(await meet(b, c))
    await part(await meet(c, a))
    await meet(a, b)
    await meet(b, c)
    await convergence(a, b, c)
    for (const model of [a, b, c]) {
      t.deepEqual([...model.keys()].sort(), ['k5', ...Array.from({ length: 10 }, (_, i) => `k${i + 20}`)].sort(), model.id)
    }
    await closeAll(a, b, c)
  })
}

test('a node that lost its memory gets back what it wrote, and goes on writing', async t => {
  const b = new Model({ id: 'b' })
  const before = new Model({ id: 'a' })
  before.set('k', 'old life')
  before.set('kept', 1)
  await part(await meet(before, b))
  await before.close()
  const a = new Model({ id: 'a' })
  a.set('k', 'new life')
  await meet(a, b)
  await convergence(a, b)
  t.equal(b.get('k'), 'new life')
  t.equal(a.get('kept'), 1)
  t.equal(a.set('k', 'next').version, 2, 'it numbers its changes anew')
  const old = Object.keys(b.digest()).filter(name => name.startsWith('a@'))
  t.equal(old.length, 1, `the old life is another source: ${old.join()}`)
  await closeAll(a, b)
})
