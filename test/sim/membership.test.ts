import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import { runBlocked } from './membership-blocked.js'
import { runDetection } from './membership-detection.js'
import { runSoak } from './membership-soak.js'
import { Watch } from './membership-watch.js'

// `npm run test:members` runs larger clusters, longer, and from more seeds.

for (const [size, seeds] of [[10, [1, 2, 3]], [100, [1]]] as const) {
  test(`${size} nodes: a crash is known to all in time, and silence costs little`, t => {
    for (const seed of seeds) {
      const { closing, silent, idleBytes, falseAlarms } = runDetection(size, seed)
      t.equal(closing.dead.count, closing.observers, `seed ${seed}: all know`)
      t.ok(closing.dead.last <= 3_000, `streams that close: after ${closing.dead.first} to ${closing.dead.last} ms`)
      t.equal(silent.dead.count, silent.observers)
      t.ok(silent.dead.last <= 7_000, `silence: after ${silent.dead.first} to ${silent.dead.last} ms`)
      t.ok(idleBytes < 1_000, `${idleBytes.toFixed(0)} bytes a second`)
      t.equal(falseAlarms, 0)
    }
    t.end()
  })
}

test('16 of 100 are blocked for 5 s again and again: no false death, and a true one is known', t => {
  const { falseDeaths, dead, unaware } = runBlocked({ seed: 1, minutes: 1 })
  t.deepEqual(falseDeaths, [])
  t.deepEqual(unaware, [])
  t.equal(dead.count, 83)
  t.ok(dead.last <= 12_000, `after ${dead.first} to ${dead.last} ms`)
  t.end()
})

test('an observer that was frozen for a minute declares nobody dead who is not', t => {
  for (const waking of ['timers', 'arrivals'] as const) {
    const cluster = Cluster.formed(20, 8, { seed: 1 })
    const watch = new Watch(cluster)
    const frozen = cluster.nodes[4]!
    frozen.loop.block(60_000, waking)
    cluster.runFor(90_000)
    t.deepEqual(watch.seen.filter(({ by }) => by === frozen.name), [], `${waking} first`)
    t.deepEqual(watch.stories(frozen.id, cluster.nodes.filter(node => node !== frozen)), { 'suspect dead alive': 19 })
  }
  t.end()
})

test('whatever happens to a few nodes: in the end all know who is here, and nobody was given up who could be heard', t => {
  const failures: string[] = []
  const seeds = 6
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      runSoak(seed)
    } catch (error) {
      failures.push(`npm run test:members -- soak --seed ${seed}: ${String(error)}`)
    }
  }
  t.deepEqual(failures, [], `${seeds} seeds`)
  t.end()
})
