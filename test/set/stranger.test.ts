import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { closeAll, join } from '../support/pairs.js'
import { within } from '../support/waiting.js'
import { three } from './cluster.js'

test('a newcomer that never comes holds up no other change of the members, and is taken in if it does come', async t => {
  const { cluster, a, b } = await three()
  const late = a.grow('late')
  t.deepEqual(await within(a.shrink('c'), 'the change behind it', 20_000), ['a', 'b'])
  const newcomer = new ConsistentSet({ id: 'late' })
  join(b, newcomer)
  t.deepEqual(await within(late, 'the newcomer', 20_000), ['a', 'b', 'late'])
  await closeAll(newcomer)
  await cluster.close()
})
