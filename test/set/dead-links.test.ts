import { Transform } from 'node:stream'
import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { closeAll, join } from '../support/pairs.js'
import { once, within } from '../support/waiting.js'
import { Cluster } from './cluster.js'

// A cable that is cut closes nothing: the link stays open, and nothing comes through any more.

/** Joins two sets by a link that can die without a word. */
function joinMortal (a: ConsistentSet, b: ConsistentSet): { die: () => void } {
  let isDead = false
  const tap = (): Transform => new Transform({
    transform (chunk, _encoding, done) {
      if (isDead) done()
      else done(null, chunk)
    }
  })
  const [one, other] = [a.createStream(), b.createStream()]
  one.pipe(tap()).pipe(other).pipe(tap()).pipe(one)
  return { die: () => { isDead = true } }
}

async function adds (what: string, sets: readonly ConsistentSet[]): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await within(Promise.all(sets.map(set => set.add(`${what} ${i} of ${set.id}`))), what, 20_000)
  }
}

test('a link is dead and open, and a way round it is left: calls take that', async t => {
  const cluster = new Cluster(['a', 'b', 'c'], 'none')
  const [a, b, c] = cluster.sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  const link = joinMortal(a, b)
  joinMortal(a, c)
  joinMortal(b, c)
  await cluster.ready()
  await adds('before', cluster.sets)
  link.die()
  await adds('after', cluster.sets)
  t.pass('all are answered, those of a lane of the one at its far end as well')
  await cluster.close()
})

test('a second node under the id of a member that is here is told, and disturbs nobody', async t => {
  const cluster = await new Cluster(['a', 'b', 'c']).ready()
  const namesake = new ConsistentSet({ id: 'b', clusterSize: 3 })
  const told = once(namesake, 'error')
  join(cluster.get('a'), namesake)
  const [error] = await within(told, 'the word') as [{ code: string }]
  t.equal(error.code, 'NOT_MEMBER')
  await adds('beside it', cluster.sets)
  t.deepEqual(cluster.sets.map(set => set.state), ['ready', 'ready', 'ready'])
  await cluster.close()
  await closeAll(namesake)
})
