import test from 'tape'
import { MemoryLevel } from 'memory-level'
import type { ConsistentSet } from '../../lib/index.js'
import { codeOf } from '../support/failures.js'
import { within } from '../support/waiting.js'
import { Cluster, comes, three } from './cluster.js'

// The largest there may be, and much at once: every message fits its frame.

/** 1,024 bytes that are as long as they can be, in UTF-8 and in either codec. */
const element = (i: number): string => `${'\0'.repeat(500)}${String(i).padStart(6, '0')}${'ü'.repeat(259)}`
const token = (i: number): string => `${String(i).padStart(6, '0')}${'ü'.repeat(125)}`

for (const codec of ['msgpack', 'ndjson'] as const) {
  test(`the largest elements and tokens, a member that was away, ${codec}`, async t => {
    const ids = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)] as const
    const cluster = new Cluster(ids, 'chain', () => ({ maxFrameBytes: 140_000 }))
    const [a, b, c] = cluster.sets as [ConsistentSet, ConsistentSet, ConsistentSet]
    for (const pair of cluster.pairs.values()) pair.a.destroy()
    const one = a.createStream({ codec })
    one.pipe(b.createStream({ codec })).pipe(one)
    await comes(() => a.state === 'ready' && b.state === 'ready')
    await within(Promise.all(Array.from({ length: 1_000 }, (_, i) => (i % 2 === 0 ? a : b).add(element(i), { token: token(i) }))), 'adds')
    const two = c.createStream({ codec })
    two.pipe(b.createStream({ codec })).pipe(two)
    await comes(() => cluster.sets.every(set => set.size === 1_000))
    one.destroy()
    await comes(() => a.state === 'halted')
    // The other two go on with what a owned: they have to learn all of it first.
    await within(Promise.all(Array.from({ length: 200 }, (_, i) => c.rem(element(5 * i), { token: token(5 * i) }))), 'removals')
    await comes(() => b.size === 800 && c.size === 800)
    t.deepEqual([one.errored, two.errored], [null, null], 'no frame was too large')
    await cluster.close()
  })
}

test('10,000 calls of one node on one element at once', async t => {
  const { cluster, a, b } = await three()
  await a.add('x')
  const calls = Array.from({ length: 10_000 }, (_, i) => i % 2 === 0 ? a.rem('x') : a.add('x', { token: token(i) }))
  const others = Array.from({ length: 1_000 }, () => b.has('x'))
  const answers = await within(Promise.all(calls), 'all of them')
  t.ok(answers.every((answer, i) => i % 2 === 0 ? 'changed' in answer && answer.changed : 'fence' in answer), 'each is as if it were alone')
  await within(Promise.all(others), 'reads beside')
  const fences = answers.flatMap(answer => 'fence' in answer ? [answer.fence] : [])
  t.ok(fences.every((fence, i) => i === 0 || fence > fences[i - 1]!), 'fences grow')
  t.deepEqual((await b.holder('x'))?.token, token(9_999))
  await cluster.close()
})

test('10,000 reads of one element at once, while it changes', async t => {
  const { cluster, a, b, c } = await three()
  const changes = Array.from({ length: 200 }, async (_, i) => await codeOf(() => i % 2 === 0 ? b.add('x', { token: token(i) }) : c.rem('x')))
  const reads = Array.from({ length: 10_000 }, () => a.holder('x'))
  t.equal((await within(Promise.all(reads), 'reads')).length, 10_000)
  await within(Promise.all(changes), 'changes')
  t.equal(a.status().queued, 0)
  await cluster.close()
})

test('what removed elements leave behind goes, once all have passed it', async t => {
  const storage = new Map(['a', 'b', 'c'].map(id => [id, new MemoryLevel()]))
  const { cluster, a, b, c } = await three(id => ({ storage: storage.get(id)! }))
  for (let round = 0; round < 3; round++) {
    await within(Promise.all(Array.from({ length: 300 }, (_, i) => cluster.sets[i % 3]!.add(`${round} ${i}`))), 'adds')
    await within(Promise.all(Array.from({ length: 300 }, (_, i) => cluster.sets[(i + 1) % 3]!.rem(`${round} ${i}`))), 'removals')
  }
  await comes(() => [a, b, c].every(set => set.stats().tombstones === 0 && set.size === 0))
  await Promise.all([a, b, c].map(set => set.flush()))
  await comes(() => [a, b, c].every(set => set.stats().changesWaiting === 0))
  await cluster.close()
  for (const level of storage.values()) {
    const kinds = new Set<string>()
    for await (const key of level.keys()) kinds.add(key.split('!').at(-1)?.charAt(0) ?? '')
    t.notOk(kinds.has('c'), 'nothing is kept of an element')
  }
})
