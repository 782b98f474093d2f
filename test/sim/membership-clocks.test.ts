import test from 'tape'
import { birthOf } from '../../lib/gossip/epoch.js'
import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'
import { Watch } from './membership-watch.js'

// Wall clocks that are wrong for a while: whoever's is right again is here again, and nobody else suffers by it.

const day = 86_400_000

function circle (seed: number, options: { hasDisk?: boolean, skewMs?: number } = {}): Cluster {
  const { hasDisk = false, skewMs = 0 } = options
  const cluster = new Cluster({ seed, delayMs: [0.5, 5], checkEvery: 10 })
  for (let i = 0; i < 9; i++) cluster.add(`n${i}`, { hasDisk, skewMs, facts: { start: i } })
  for (const step of [1, 3]) for (const [i, node] of cluster.nodes.entries()) cluster.tie(node, cluster.nodes[(i + step) % 9]!)
  cluster.awaitAlive(5_000)
  cluster.runFor(2_000)
  return cluster
}

/** Everybody knows everybody, with the facts of each, in a life that has begun by now; and nothing more happens. */
function isWell (t: test.Test, cluster: Cluster, label: string): void {
  cluster.awaitAlive(20_000)
  cluster.runFor(5_000)
  const watch = new Watch(cluster)
  cluster.runFor(30_000)
  t.deepEqual(watch.seen, [], `${label}: all is quiet`)
  for (const { members, name, loop } of cluster.nodes) {
    t.ok(birthOf(members.epoch) <= loop.wall() + 60_000, `${name} was born by now`)
    t.ok(cluster.nodes.every(by => by.members.roster.get(members.id)?.epoch === members.epoch), 'as all know')
    t.ok(cluster.nodes.every(by => by.members.roster.get(members.id)?.facts.get('start') === members.self.facts.get('start')), 'with its facts')
  }
}

function pick (cluster: Cluster, ...names: readonly string[]): ClusterNode[] { return names.map(name => cluster.get(name)) }

for (const hasDisk of [false, true]) {
  const label = hasDisk ? 'with storage' : 'without storage'

  test(`declared failed while its clock is a day ahead, ${label}: it is back at once`, t => {
    const cluster = circle(1, { hasDisk })
    const [early, judge] = pick(cluster, 'n2', 'n5')
    early!.skewMs = day
    cluster.runFor(5_000)
    judge!.condemn('n2', false)
    isWell(t, cluster, 'a day ahead')
    early!.skewMs = 0
    isWell(t, cluster, 'right again')
    cluster.crash(early!, 'closing')
    cluster.runFor(3_000)
    cluster.restart(early!)
    isWell(t, cluster, 'started again')
    t.end()
  })

  test(`two clocks a day ahead, and one of the two starts anew, ${label}: all know all once both are right`, t => {
    for (const order of [[2, 3], [3, 2]] as const) {
      const cluster = circle(2, { hasDisk })
      const [a, b] = pick(cluster, 'n2', 'n3')
      a!.skewMs = b!.skewMs = day
      cluster.runFor(1_000)
      cluster.crash(b!, 'closing')
      cluster.runFor(1_000)
      const watch = new Watch(cluster)
      cluster.restart(b!)
      cluster.runFor(10_000)
      t.deepEqual(watch.seen.filter(({ id, by }) => id !== 'n3' && by !== 'n3' && by !== 'n2'), [], 'nobody else suffers')
      for (const i of order) {
        cluster.nodes[i]!.skewMs = 0
        cluster.runFor(3_000)
      }
      isWell(t, cluster, `right again, n${order[0]} first`)
    }
    t.end()
  })

  test(`a start with the clock a month ahead, ${label}: here once it is right, started again or not`, t => {
    for (const startsAgain of [false, true]) {
      const cluster = circle(3, { hasDisk })
      const node = cluster.get('n2')
      cluster.crash(node, 'closing')
      node.skewMs = 30 * day
      cluster.restart(node)
      cluster.runFor(5_000)
      if (startsAgain) cluster.crash(node, 'closing')
      node.skewMs = 0
      if (startsAgain) cluster.restart(node)
      isWell(t, cluster, 'right again')
    }
    t.end()
  })

  test(`all clocks ahead, then all right, ${label}`, t => {
    const cluster = circle(4, { hasDisk, skewMs: day })
    const watch = new Watch(cluster)
    for (const node of cluster.nodes) node.skewMs = 0
    cluster.runFor(20_000)
    t.deepEqual(watch.seen, [], 'nobody doubts anybody, and nobody suffers')
    const late = cluster.add('late', { facts: { start: 'late' } })
    cluster.tie(late, cluster.get('n1'))
    cluster.tie(late, cluster.get('n4'))
    for (const node of cluster.nodes.slice(0, 9)) {
      cluster.crash(node, 'closing')
      cluster.runFor(100)
      cluster.restart(node)
      cluster.runFor(5_000)
    }
    isWell(t, cluster, 'met one whose clock was always right, and started again')
    t.end()
  })
}
