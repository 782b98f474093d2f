import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'

// Who was put out stays out, whoever of those who said so is still here.

function tieAll (cluster: Cluster, ...nodes: readonly ClusterNode[]): void {
  for (const [i, a] of nodes.entries()) for (const b of nodes.slice(i + 1)) cluster.tie(a, b)
}

test('an eviction outlives everybody who said so, also where a newcomer is to say it next', t => {
  const cluster = new Cluster({ seed: 4, checkEvery: 1 })
  const [b, e, d, victim] = ['b', 'e', 'd', 'victim'].map(id => cluster.add(id)) as [ClusterNode, ClusterNode, ClusterNode, ClusterNode]
  tieAll(cluster, b, e, d, victim)
  cluster.awaitAlive(5_000)
  d.condemn('victim', true)
  cluster.runFor(2_000)
  t.equal(victim.refusal, 'EVICTED')
  t.ok([b, e, d].every(({ refusal }) => refusal === undefined), 'it alone')
  cluster.crash(victim, 'closing')
  cluster.crash(d, 'closing')
  cluster.runFor(5_000)
  const a = cluster.add('a')
  tieAll(cluster, a, b, e)
  cluster.runFor(3_000)
  cluster.restart(d)
  cluster.tie(d, a)
  cluster.runFor(3_000)
  cluster.crash(b, 'closing')
  cluster.runFor(5_000)
  cluster.restart(b)
  cluster.runFor(3_000)
  const door = cluster.add('door')
  for (const node of [e, a, d, b]) cluster.tie(door, node)
  cluster.runFor(3_000)
  cluster.restart(victim)
  cluster.tie(victim, door)
  cluster.runFor(3_000)
  t.equal(victim.refusal, 'EVICTED', 'at a door that never met who said it first')
  for (const node of [a, b, d, e, door]) t.equal(node.members.roster.get('victim')?.status ?? 'evicted', 'evicted', node.name)
  const sayers = [a, b, d, e, door].filter(({ members }) => members.self.evicts.has('victim'))
  t.ok(sayers.length >= 1 && sayers.length <= 2, `said by ${sayers.map(({ name }) => name).join(', ')}`)
  t.end()
})

test('everybody who said so restarts at once', t => {
  for (const seed of [1, 2, 3]) {
    const cluster = new Cluster({ seed, delayMs: [0.5, 5] })
    for (let i = 0; i < 6; i++) cluster.add(`n${i}`)
    tieAll(cluster, ...cluster.nodes)
    cluster.awaitAlive(5_000)
    cluster.nodes[3]?.condemn('n5', true)
    cluster.runFor(1_000)
    for (let round = 0; round < 6; round++) {
      for (const node of cluster.up.filter(({ members }) => members.self.evicts.size > 0)) {
        cluster.crash(node, 'closing')
        if (cluster.random.chance(0.5)) cluster.runFor(cluster.random.between(0, 4_000))
        cluster.restart(node)
      }
      cluster.runFor(5_000)
    }
    const outcast = cluster.get('n5')
    cluster.crash(outcast, 'closing')
    cluster.restart(outcast)
    cluster.runFor(3_000)
    t.equal(outcast.refusal, 'EVICTED', `seed ${seed}`)
    t.ok(cluster.nodes.slice(0, 5).every(({ members }) => members.roster.get('n5')?.status !== 'alive'))
  }
  t.end()
})
