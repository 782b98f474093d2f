import test from 'tape'
import { Model } from '../../lib/index.js'
import { TestClock } from '../support/clock.js'
import { closeAll, convergence, meet, part } from '../support/pairs.js'
import { once, until } from '../support/waiting.js'

// A key with a ttl expires everywhere, once, and never comes back.

function expiries (model: Model): string[] {
  const told: string[] = []
  model.on('expire', (key, update) => told.push(`${key} of ${update.source}`))
  model.on('delete', key => told.push(`${key} deleted`))
  return told
}

test('to the millisecond, and once', async t => {
  const clock = new TestClock()
  const model = new Model({ id: 'a', clock })
  const told = expiries(model)
  const watched: unknown[] = []
  model.watch('k', value => watched.push(value))
  model.set('k', 1, { ttl: 1_000 })
  clock.advance(999)
  t.equal(model.get('k'), 1)
  clock.advance(1)
  t.equal(model.get('k'), undefined)
  t.equal(model.size, 0)
  clock.advance(10_000)
  t.deepEqual(told, ['k of a'])
  t.deepEqual(watched, [undefined, 1, undefined])
  await model.close()
  t.equal(clock.pending, 0, 'no timer is left')
})

test('setting it anew puts it off, or off for good', async t => {
  const clock = new TestClock()
  const model = new Model({ id: 'a', clock })
  const told = expiries(model)
  model.set('later', 1, { ttl: 100 })
  model.set('never', 1, { ttl: 100 })
  model.set('sooner', 1, { ttl: 100 })
  clock.advance(50)
  model.set('later', 1, { ttl: 100 })
  model.set('never', 1)
  model.set('sooner', 1, { ttl: 10 })
  clock.advance(10)
  t.deepEqual(told, ['sooner of a'])
  clock.advance(50)
  t.equal(model.get('later'), 1)
  clock.advance(40)
  t.deepEqual(told, ['sooner of a', 'later of a'])
  clock.advance(1e9)
  t.equal(model.get('never'), 1)
  t.deepEqual([...model.keys()], ['never'])
  await model.close()
})

test('a deleted key does not expire any more', async t => {
  const clock = new TestClock()
  const model = new Model({ id: 'a', clock })
  const told = expiries(model)
  model.set('k', 1, { ttl: 100 })
  model.delete('k')
  clock.advance(1_000)
  t.deepEqual(told, ['k deleted'])
  await model.close()
})

test('a delay longer than a timer can wait', async t => {
  const clock = new TestClock()
  const model = new Model({ id: 'a', clock })
  model.set('k', 1, { ttl: 50 * 365 * 86_400_000 })
  clock.advance(49 * 365 * 86_400_000)
  t.equal(model.get('k'), 1)
  clock.advance(365 * 86_400_000)
  t.equal(model.get('k'), undefined)
  await model.close()
})

test('what travels is the time that remains, so no wall clocks have to agree', async t => {
  const [clockA, clockB] = [new TestClock(), new TestClock()]
  clockB.jump(-50_000)
  const [a, b] = [new Model({ id: 'a', clock: clockA }), new Model({ id: 'b', clock: clockB })]
  const told = expiries(b)
  a.set('k', 1, { ttl: 1_000 })
  clockA.advance(400)
  await meet(a, b)
  clockB.advance(599)
  t.equal(b.get('k'), 1)
  clockB.advance(1)
  t.equal(b.get('k'), undefined, 'at once here, though a has not got there yet')
  t.equal(a.get('k'), 1)
  t.deepEqual(told, ['k of a'])
  clockA.advance(600)
  await convergence(a, b)
  t.deepEqual([a.size, b.size], [0, 0])
  await closeAll(a, b)
})

test('it expires once on every node and never comes back, whoever meets whom', async t => {
  const models = ['a', 'b', 'c'].map(id => new Model({ id, clock: new TestClock() }))
  const clocks = new Map(models.map(model => [model, new TestClock()]))
  const [a, b, c] = models.map(({ id }, i) => new Model({ id, clock: [...clocks.values()][i]! })) as [Model, Model, Model]
  const [clockA, clockB, clockC] = [...clocks.values()] as [TestClock, TestClock, TestClock]
  const told = [a, b, c].map(expiries)
  a.set('k', 'v', { ttl: 100 })
  await part(await meet(a, b))
  await part(await meet(b, c))
  clockA.advance(100)
  clockB.advance(100)
  t.deepEqual([a.has('k'), b.has('k'), c.has('k')], [false, false, true])
  await part(await meet(c, a))
  await part(await meet(c, b))
  t.deepEqual([a.has('k'), b.has('k')], [false, false], 'c, whose time runs late, does not revive it')
  clockC.advance(100)
  await meet(a, b)
  await meet(b, c)
  await convergence(a, b, c)
  t.deepEqual([a.has('k'), b.has('k'), c.has('k')], [false, false, false])
  t.deepEqual(told, [['k of a'], ['k of a'], ['k of a']])
  await closeAll(a, b, c)
})

test('someone who comes later does not see it at all', async t => {
  const clock = new TestClock()
  const [a, b] = [new Model({ id: 'a', clock }), new Model({ id: 'b' })]
  const told = expiries(b)
  b.on('update', key => told.push(`${key} seen`))
  a.set('k', 1, { ttl: 10 })
  clock.advance(10)
  await meet(a, b)
  await convergence(a, b)
  t.deepEqual(told, [])
  t.equal(b.has('k'), false)
  await closeAll(a, b)
})

test('what was set anew elsewhere meanwhile stays', async t => {
  const [clockA, clockB] = [new TestClock(), new TestClock()]
  const [a, b] = [new Model({ id: 'a', clock: clockA }), new Model({ id: 'b', clock: clockB })]
  a.set('k', 1, { ttl: 100 })
  await part(await meet(a, b))
  b.set('k', 2)
  clockA.advance(100)
  clockB.advance(100)
  await meet(a, b)
  await convergence(a, b)
  t.deepEqual([a.get('k'), b.get('k')], [2, 2])
  await closeAll(a, b)
})

test("on the machine's own clock", async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  await meet(a, b)
  const expired = [once(a, 'expire'), once(b, 'expire')]
  a.set('k', 1, { ttl: 30 })
  await until(() => b.has('k'), [b])
  const [[keyA], [keyB]] = await Promise.all(expired) as [[string], [string]]
  t.deepEqual([keyA, keyB], ['k', 'k'])
  t.deepEqual([a.has('k'), b.has('k')], [false, false])
  await closeAll(a, b)
})

test('a ttl beyond the longest timer: none is longer, and it expires when it should', async t => {
  const days = 86_400_000
  const delays: number[] = []
  class Recording extends TestClock {
    override setTimeout (fn: () => void, ms: number): unknown {
      delays.push(ms)
      return super.setTimeout(fn, ms)
    }
  }
  const clock = new Recording()
  const model = new Model({ clock })
  model.set('k', 1, { ttl: 60 * days })
  clock.advance(60 * days - 1)
  t.ok(model.has('k'))
  clock.advance(1)
  t.notOk(model.has('k'))
  t.ok(delays.length > 2 && delays.every(ms => ms < 2 ** 31), delays.join(', '))
  await model.close()
})
