import test from 'tape'
import { MemoryLevel } from 'memory-level'
import { Model } from '../../lib/index.js'
import type { ModelOptions } from '../../lib/index.js'
import { code, codeOf } from '../support/failures.js'
import { TestClock } from '../support/clock.js'
import { closing, meet } from '../support/pairs.js'
import { once, within } from '../support/waiting.js'

// Storage that fails: STORAGE_FAILED. The model stops accepting, says so, and never acknowledges what it has not kept.

type Storage = NonNullable<ModelOptions['storage']>
type Sublevel = ReturnType<Storage['sublevel']>

/** A database of which some calls fail once `failing` says so. */
class FailingLevel implements Storage {
  failing: 'open' | 'read' | 'write' | undefined
  readonly #level: Storage = new MemoryLevel()

  async open (): Promise<void> {
    if (this.failing === 'open') throw new Error('no such disk')
    await this.#level.open()
  }

  sublevel (...args: Parameters<Storage['sublevel']>): Sublevel {
    const sublevel = this.#level.sublevel(...args)
    const iterator = sublevel.iterator.bind(sublevel)
    return Object.assign(sublevel, {
      iterator: (options: Parameters<typeof iterator>[0]) => {
        if (this.failing === 'read') throw new Error('bad sector')
        return iterator(options)
      }
    })
  }

  async batch (operations: unknown[], options: { sync: boolean }): Promise<void> {
    if (this.failing === 'write') throw new Error('disk full')
    await this.#level.batch(operations, options)
  }
}

for (const failing of ['open', 'read'] as const) {
  test(`that cannot be read (${failing})`, async t => {
    const storage = new FailingLevel()
    storage.failing = failing
    const model = new Model({ id: 'a', storage })
    const watched: unknown[] = []
    model.watch('k', value => watched.push(value))
    const waiting = codeOf(() => model.replicated())
    const stream = model.createStream()
    const closed = closing(stream)
    t.equal(await codeOf(() => model.ready()), 'STORAGE_FAILED')
    t.equal(await codeOf(() => model.ready()), 'STORAGE_FAILED', 'again')
    await within(closed, 'its streams close')
    t.equal(code(stream.errored), 'STORAGE_FAILED')
    t.equal(await within(waiting, 'replicated'), 'STORAGE_FAILED')
    t.equal(await codeOf(() => model.set('k', 1)), 'STORAGE_FAILED')
    t.equal(await codeOf(() => model.delete('k')), 'STORAGE_FAILED')
    t.equal(await codeOf(() => model.flush()), 'STORAGE_FAILED')
    t.equal(await codeOf(() => model.replicated()), 'STORAGE_FAILED')
    t.deepEqual(watched, [undefined])
    const late = model.createStream()
    await closing(late)
    t.equal(code(late.errored), 'STORAGE_FAILED')
    t.equal(await within(codeOf(() => model.close()), 'close'), 'nothing')
    t.equal(await codeOf(() => model.set('k', 1)), 'CLOSED')
  })
}

for (const failing of ['read', 'write'] as const) {
  test(`a key expires all the same (${failing})`, async t => {
    const [storage, clock] = [new FailingLevel(), new TestClock()]
    storage.failing = failing
    const model = new Model({ id: 'a', storage, clock })
    model.on('error', () => {})
    const failed = once(model, 'error')
    model.set('lease', 1, { ttl: 1_000 })
    await within(failed, 'storage fails')
    const expired = once(model, 'expire')
    clock.advance(999)
    t.equal(model.get('lease'), 1)
    clock.advance(1)
    t.notOk(model.has('lease'))
    t.equal((await expired)[0], 'lease')
    await model.close()
  })
}

test('that cannot be written', async t => {
  const storage = new FailingLevel()
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b', storage })]
  const errors: unknown[] = []
  b.on('error', error => errors.push(error))
  const { a: one, b: two } = await meet(a, b)
  a.set('kept', 1)
  await within(a.replicated(), 'replicated')
  storage.failing = 'write'
  const closed = Promise.all([closing(one), closing(two)])
  const controller = new AbortController()
  a.set('lost', 1)
  const replicated = codeOf(() => a.replicated(1, { signal: controller.signal }))
  await within(closed, 'the connection ends')
  t.deepEqual(errors.map(code), ['STORAGE_FAILED'], 'told once')
  t.equal(((errors[0] as Error).cause as Error).message, 'disk full', 'with the reason')
  t.equal(code(two.errored), 'STORAGE_FAILED')
  t.equal(code(one.errored), 'STORAGE_FAILED', 'the peer is told why')
  controller.abort()
  t.equal(await replicated, 'ABORTED', 'what was not kept was never acknowledged')
  t.equal(await codeOf(() => b.set('k', 1)), 'STORAGE_FAILED')
  t.equal(b.get('kept'), 1, 'what it holds can be read')
  t.equal(await codeOf(() => b.replicated()), 'STORAGE_FAILED')
  await within(Promise.all([a.close(), b.close()]), 'close')

  storage.failing = undefined
  const again = new Model({ id: 'b', storage })
  await again.ready()
  t.equal(again.get('kept'), 1)
  t.equal(again.has('lost'), false)
  await again.close()
})

test('what was not stored is not told to others either', async t => {
  const storage = new FailingLevel()
  const [a, b] = [new Model({ id: 'a', storage }), new Model({ id: 'b' })]
  const failed = once(a, 'error')
  const { b: stream } = await meet(a, b)
  await a.flush()
  storage.failing = 'write'
  a.set('k', 1)
  const [error] = await failed
  await closing(stream)
  t.equal(code(error), 'STORAGE_FAILED')
  t.equal(b.has('k'), false)
  await within(Promise.all([a.close(), b.close()]), 'close')
})

test('that fails at the very end: close() says so', async t => {
  const storage = new FailingLevel()
  const model = new Model({ id: 'a', storage })
  await model.ready()
  await model.flush()
  storage.failing = 'write'
  t.equal(await within(codeOf(() => model.close()), 'close'), 'STORAGE_FAILED')
})

test('a corrupt record', async t => {
  const storage = new MemoryLevel<string, string>()
  const model = new Model({ id: 'a', storage })
  model.set('k', 1)
  await model.close()
  const iterator = storage.iterator()
  for await (const [key] of iterator) await storage.put(key, 'garbage')
  const again = new Model({ id: 'a', storage })
  t.equal(await codeOf(() => again.ready()), 'STORAGE_FAILED')
  await again.close()
})

test('a database that its owner closes meanwhile', async t => {
  const storage = new MemoryLevel<string, string>()
  const model = new Model({ id: 'a', storage })
  await model.ready()
  const failed = once(model, 'error')
  await model.flush()
  await storage.close()
  model.set('k', 1)
  const [error] = await failed
  t.equal(code(error), 'STORAGE_FAILED')
  await within(model.close(), 'close')
})
