import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import { Watch } from './membership-watch.js'

test('an observer that is never awake for a second gives up who is gone, and nobody else', t => {
  for (const [blockMs, awakeMs] of [[2_100, 850], [2_500, 500], [3_000, 900]] as const) {
    const cluster = new Cluster({ seed: 5, delayMs: [0.5, 5], checkEvery: 10 })
    for (let i = 0; i < 9; i++) cluster.add(`n${i}`)
    for (const step of [1, 3]) for (const [i, node] of cluster.nodes.entries()) cluster.tie(node, cluster.nodes[(i + step) % 9]!)
    cluster.awaitAlive(5_000)
    cluster.runFor(2_000)
    const watch = new Watch(cluster)
    const [drowsy] = cluster.nodes
    const gone = cluster.get('n5')
    cluster.crash(gone, 'closing')
    for (let i = 0; i < 20; i++) {
      drowsy?.loop.block(blockMs, cluster.random.pick(['timers', 'arrivals']))
      cluster.runFor(blockMs + awakeMs)
    }
    const label = `blocked for ${blockMs} ms, awake for ${awakeMs}`
    t.equal(drowsy?.members.roster.get('n5')?.status, 'dead', label)
    t.deepEqual(watch.falseDeaths(['n5']), [])
  }
  t.end()
})

test('who was lost just before this process fell asleep is suspect before it is dead', t => {
  for (const seed of [1, 2, 3]) {
    const cluster = new Cluster({ seed, delayMs: [0.5, 5], checkEvery: 10 })
    for (let i = 0; i < 6; i++) cluster.add(`n${i}`)
    for (const [i, a] of cluster.nodes.entries()) for (const b of cluster.nodes.slice(i + 1)) cluster.tie(a, b)
    cluster.awaitAlive(5_000)
    cluster.runFor(2_000)
    const watch = new Watch(cluster)
    const [drowsy] = cluster.nodes
    const gone = cluster.get('n5')
    cluster.part((a, b) => a === gone || b === gone)
    cluster.runFor(50)
    drowsy?.loop.block(9_000, cluster.random.pick(['timers', 'arrivals']))
    cluster.runFor(20_000)
    t.deepEqual(watch.stories('n5', cluster.nodes.slice(0, 5)), { 'suspect dead': 5 }, `seed ${seed}`)
    t.deepEqual(watch.seen.filter(({ id, by }) => id !== 'n5' && by !== 'n5' && id !== 'n0' && by !== 'n0'), [])
  }
  t.end()
})
