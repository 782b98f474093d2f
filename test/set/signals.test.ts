import { getEventListeners } from 'node:events'
import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { closeAll } from '../support/pairs.js'
import { turns, within } from '../support/waiting.js'
import { three } from './cluster.js'

test('one signal for many calls is listened to once, ends them all, and is let go', async t => {
  const warnings: string[] = []
  const warned = ({ name }: Error): void => { warnings.push(name) }
  process.on('warning', warned)
  const set = new ConsistentSet({ id: 'a', members: ['a', 'b'] })
  const [ending, other] = [new AbortController(), new AbortController()]
  const calls = Array.from({ length: 1_000 }, (_, i) => set.add(`e${i}`, { signal: ending.signal }))
  const left = set.add('left', { signal: other.signal })
  t.equal(getEventListeners(ending.signal, 'abort').length, 1)
  ending.abort()
  const said = await Promise.allSettled(calls)
  t.ok(said.every(one => one.status === 'rejected' && (one.reason as { code?: string }).code === 'ABORTED'), 'all are aborted')
  t.equal(set.status().queued, 1, 'but for the one with a signal of its own')
  other.abort()
  await left.catch(() => {})
  await turns()
  t.deepEqual(warnings, [])
  process.removeListener('warning', warned)
  await closeAll(set)
})

test('a signal is let go once the last of its calls is answered', async t => {
  const { cluster, a } = await three()
  const { signal } = new AbortController()
  await within(Promise.all([a.add('x', { signal }), a.add('y', { signal })]), 'two calls')
  t.equal(getEventListeners(signal, 'abort').length, 0)
  await within(a.has('x', { signal }), 'another')
  t.equal(getEventListeners(signal, 'abort').length, 0)
  await cluster.close()
})
