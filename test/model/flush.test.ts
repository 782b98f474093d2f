import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { Model } from '../../lib/index.js'
import type { ModelOptions } from '../../lib/index.js'
import { meet } from '../support/pairs.js'
import { turns } from '../support/waiting.js'

// flush(): resolves when storage holds all that was written so far.

type Storage = NonNullable<ModelOptions['storage']>

/** A database that takes a few turns of the event loop to write, and tells what it has written. */
class SlowLevel implements Storage {
  readonly written = new Set<string>()
  readonly #level: Storage = new MemoryLevel()

  async open (): Promise<void> { await this.#level.open() }

  sublevel (...args: Parameters<Storage['sublevel']>): ReturnType<Storage['sublevel']> { return this.#level.sublevel(...args) }

  async batch (operations: Array<{ key: string }>, options: { sync: boolean }): Promise<void> {
    await turns(50)
    await this.#level.batch(operations, options)
    for (const { key } of operations) this.written.add(key)
  }
}

test('flush() by a listener waits for what it was told of, also where reading goes on because storage has room again', async t => {
  const storage = new SlowLevel()
  const a = new Model({ id: 'a' })
  const count = 25_000
  for (let i = 0; i < count; i++) a.set(`k${i}`, i)
  const b = new Model({ id: 'b', storage })
  await b.ready()
  const name = `a@${a.set('last', true).epoch}`
  const early: string[] = []
  b.on('update', key => {
    b.flush().then(() => { if (!storage.written.has(`e${key.length}:${key}${name}`)) early.push(key) }, error => { throw error })
  })
  await meet(a, b)
  await b.flush()
  t.equal(b.size, count + 1)
  t.deepEqual(early.slice(0, 3), [])
  await Promise.all([a.close(), b.close()])
})
