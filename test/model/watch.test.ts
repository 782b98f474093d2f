import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { Model } from '../../lib/index.js'
import type { Update, Value } from '../../lib/index.js'
import { refusalOf } from '../support/failures.js'
import { closeAll, meet } from '../support/pairs.js'
import { turns, until } from '../support/waiting.js'

// watch(key | { prefix }, listener): now and at every change.

type Told = [value: Value | undefined, key: string, update: Update | undefined]

function recorder (): { told: Told[], listener: (...args: Told) => void, values: () => Array<Value | undefined> } {
  const told: Told[] = []
  return { told, listener: (...args) => { told.push(args) }, values: () => told.map(([value]) => value) }
}

test('a key that is there: at once, and at every change', t => {
  const model = new Model({ id: 'a' })
  const set = model.set('k', 1)
  const { told, listener, values } = recorder()
  const stop = model.watch('k', listener)
  t.deepEqual(told, [[1, 'k', set]], 'called before watch returns')
  model.set('k', 2)
  model.set('other', 0)
  model.delete('k')
  model.set('k', 3)
  t.deepEqual(values(), [1, 2, undefined, 3])
  t.ok(told.every(([, key]) => key === 'k'))
  t.deepEqual(told.map(([,, update]) => update?.version), [1, 2, 4, 5])
  stop()
  model.set('k', 4)
  t.equal(told.length, 4, 'stopped')
  stop()
  t.end()
})

test('an absent key: with undefined at once', t => {
  const model = new Model()
  const { told, listener } = recorder()
  model.watch('k', listener)
  t.deepEqual(told, [[undefined, 'k', undefined]])
  t.end()
})

test('a prefix: every key there is, and every one that comes', t => {
  const model = new Model()
  for (const key of ['user/1', 'user/2', 'users', 'u']) model.set(key, key)
  const { told, listener, values } = recorder()
  const stop = model.watch({ prefix: 'user/' }, listener)
  t.deepEqual(values(), ['user/1', 'user/2'])
  model.set('user/3', 3)
  model.set('use', 0)
  model.delete('user/1')
  t.deepEqual(told.slice(2).map(([value, key]) => [value, key]), [[3, 'user/3'], [undefined, 'user/1']])
  stop()
  model.set('user/4', 4)
  t.equal(told.length, 4)
  t.end()
})

test('a prefix under which there is nothing is not told of anything', t => {
  const model = new Model()
  const { told, listener } = recorder()
  model.watch({ prefix: 'x' }, listener)
  t.deepEqual(told, [])
  t.end()
})

test('changes of others, with who made them', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const { told, listener } = recorder()
  b.watch('k', listener)
  await meet(a, b)
  a.set('k', 'v')
  await until(() => b.has('k'), [b])
  const [value, key, update] = told[1] ?? []
  t.deepEqual([value, key, update?.source, update?.local], ['v', 'k', 'a', false])
  await closeAll(a, b)
})

test('several listeners, one stopped by another while both are told', t => {
  const model = new Model()
  const told: string[] = []
  let stopSecond = (): void => {}
  model.watch('k', value => {
    told.push(`first ${JSON.stringify(value)}`)
    if (value === 1) stopSecond()
  })
  stopSecond = model.watch('k', value => told.push(`second ${JSON.stringify(value)}`))
  model.set('k', 1)
  model.set('k', 2)
  t.deepEqual(told, ['first undefined', 'second undefined', 'first 1', 'first 2'])
  t.end()
})

test('a listener that watches is told once of what is under way', t => {
  const model = new Model()
  const told: Array<Value | undefined> = []
  let isNested = false
  model.watch('k', value => {
    if (value !== 1 || isNested) return
    isNested = true
    model.watch('k', nested => told.push(nested))
  })
  model.set('k', 1)
  t.deepEqual(told, [1])
  model.set('k', 2)
  t.deepEqual(told, [1, 2])
  t.end()
})

test('a watch begun among changes that are still to be told does not go back in time', t => {
  const model = new Model()
  const told: Array<Value | undefined> = []
  model.once('update', () => {
    model.set('k', 1)
    model.set('k', 2)
    model.watch('k', value => told.push(value))
    model.set('k', 3)
  })
  model.set('go', 1)
  t.deepEqual(told, [2, 3])
  t.end()
})

test('the same listener twice is two watches', t => {
  const model = new Model()
  const { told, listener } = recorder()
  const stop = model.watch('k', listener)
  model.watch('k', listener)
  stop()
  model.set('k', 1)
  t.deepEqual(told.map(([value]) => value), [undefined, undefined, 1])
  t.end()
})

test('stopped while storage is being caught up with: not called again', async t => {
  const storage = new MemoryLevel()
  const first = new Model({ id: 'a', storage })
  for (let i = 0; i < 5; i++) first.set(`k${i}`, i)
  await first.close()
  const model = new Model({ id: 'a', storage })
  const told: Array<Value | undefined> = []
  const stop = model.watch({ prefix: 'k' }, value => {
    told.push(value)
    if (told.length === 2) stop()
  })
  await model.ready()
  t.deepEqual(told, [0, 1])
  await model.close()
})

test('a signal stops it: within its first calls, later, and before it began', t => {
  const model = new Model()
  for (let i = 0; i < 5; i++) model.set(`k${i}`, i)
  const told: string[] = []
  const watch = (name: string, what: string | { prefix: string }, until: number, controller = new AbortController()): void => {
    model.watch(what, value => {
      told.push(`${name} ${JSON.stringify(value)}`)
      if (value === until) controller.abort()
    }, { signal: controller.signal })
  }
  watch('walk', { prefix: 'k' }, 1)
  watch('later', 'k0', 7)
  const aborted = new AbortController()
  aborted.abort()
  watch('never', 'k0', 7, aborted)
  model.set('k0', 7)
  model.set('k0', 8)
  t.deepEqual(told, ['walk 0', 'walk 1', 'later 0', 'later 7'])
  t.equal(refusalOf(() => { model.watch('k', () => {}, { signal: {} as AbortSignal }) }), 'TypeError INVALID_ARGUMENT')
  t.end()
})

test('a watch begun, or a key set, by a listener that learns what storage held: each is told once', async t => {
  const storage = new MemoryLevel()
  const first = new Model({ id: 'a', storage })
  first.set('k', 1)
  await first.close()
  const model = new Model({ id: 'a', storage })
  const told: string[] = []
  const watch = (name: string, what: string | { prefix: string }, act = (_value: Value | undefined): void => {}): void => {
    model.watch(what, value => {
      told.push(`${name} ${JSON.stringify(value)}`)
      act(value)
    })
  }
  watch('first', 'k', value => {
    if (value !== 1) return
    watch('key', 'k')
    watch('prefix', { prefix: 'k' })
    model.set('k', 2)
  })
  watch('last', 'k')
  await model.ready()
  await turns()
  t.deepEqual(told, [
    'first undefined', 'last undefined', 'first 1', 'key 1', 'prefix 1',
    'first 2', 'last 2', 'key 2', 'prefix 2'
  ])
  await model.close()
})

test('the object that names a prefix may be changed afterwards', t => {
  const model = new Model()
  const { told, listener } = recorder()
  const what: { prefix: unknown } = { prefix: 'k' }
  model.watch(what as { prefix: string }, listener)
  what.prefix = /k/
  t.doesNotThrow(() => model.set('k1', 1))
  t.deepEqual(told.map(([value, key]) => [value, key]), [[1, 'k1']])
  t.end()
})
