import { Transform } from 'node:stream'
import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { closeAll, join } from '../support/pairs.js'
import { within } from '../support/waiting.js'
import { reached } from './cluster.js'

// A connection whose other end vanished without a word stands for minutes, beside the one that was made since.

/** A link that goes silent, as one does whose network is gone: nothing arrives any more, and nothing closes. */
class FadingLink {
  #isSilent = false
  readonly #ends

  constructor (a: ConsistentSet, b: ConsistentSet) {
    this.#ends = [a.createStream(), b.createStream()] as const
    const [one, other] = this.#ends
    one.pipe(this.#line()).pipe(other).pipe(this.#line()).pipe(one)
  }

  #line (): Transform {
    return new Transform({ transform: (chunk: Buffer, _encoding, done) => { if (this.#isSilent) done(); else done(null, chunk) } })
  }

  fade (): void { this.#isSilent = true }
  end (): void { for (const stream of this.#ends) stream.destroy() }
}

const alive = (): NodeJS.Timeout => setInterval(() => {}, 1_000)

for (const order of ['older', 'later']) {
  test(`of two links between two members the ${order} one is silent: calls go over the other`, async t => {
    const timer = alive()
    const [a, b] = ['a', 'b'].map(id => new ConsistentSet({ id, members: ['a', 'b'] })) as [ConsistentSet, ConsistentSet]
    if (order === 'later') join(a, b)
    const fading = new FadingLink(a, b)
    await reached('ready', a, b)
    await within(a.add('before'), 'a call over either')
    if (order === 'older') join(a, b)
    fading.fade()
    for (let i = 0; i < 10; i++) await within(Promise.all([a.add(`a${i}`), b.add(`b${i}`)]), 'calls', 10_000)
    t.ok(await within(b.has('a1'), 'a read', 10_000))
    fading.end()
    await closeAll(a, b)
    clearInterval(timer)
  })
}

test('a member that lost its power starts again, while the others hold its old connections for good', async t => {
  const timer = alive()
  const members = ['a', 'b', 'c']
  const storage = new MemoryLevel()
  const make = (id: string): ConsistentSet => new ConsistentSet({ id, members, ...(id === 'c' ? { storage } : {}) })
  const [a, b, lost] = members.map(make) as [ConsistentSet, ConsistentSet, ConsistentSet]
  join(a, b)
  const fading = [new FadingLink(a, lost), new FadingLink(b, lost)]
  await reached('ready', a, b, lost)
  await within(lost.add('before'), 'a call')
  for (const link of fading) link.fade()
  lost.on('error', () => {})
  const c = make('c')
  await c.ready()
  join(a, c)
  join(b, c)
  await within(reached('ready', c), 'the others confirm it', 10_000)
  t.ok(await within(c.has('before'), 'a read', 10_000))
  await within(c.add('after'), 'a change', 10_000)
  for (const link of fading) link.end()
  await closeAll(a, b, c)
  await lost.close().catch(() => {})
  clearInterval(timer)
})

test('a node that pretends to be a member which is there is told so, and takes nothing from it', async t => {
  const timer = alive()
  const members = ['a', 'b', 'c']
  const [a, b, c] = members.map(id => new ConsistentSet({ id, members })) as [ConsistentSet, ConsistentSet, ConsistentSet]
  for (const [one, other] of [[a, b], [a, c], [b, c]] as const) join(one, other)
  await reached('ready', a, b, c)
  await within(c.add('before'), 'a call')
  const other = new ConsistentSet({ id: 'c', members })
  const told = new Promise<string>(resolve => { other.on('error', error => { resolve(error.code) }) })
  join(a, other)
  join(b, other)
  t.equal(await within(told, 'the other is told', 10_000), 'NOT_MEMBER')
  for (const set of [a, b, c]) await within(set.add(`of ${set.id}`), 'a call', 10_000)
  await closeAll(a, b, c, other)
  clearInterval(timer)
})
