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
