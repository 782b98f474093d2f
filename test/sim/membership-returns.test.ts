import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'
import { Watch } from './membership-watch.js'

// Who was away for longer than the retention, and ran on meanwhile: both sides have forgotten each other.

const retentionMs = 10_000

function factsOf (node: ClusterNode, id: string): Record<string, unknown> {
  return Object.fromEntries(node.members.roster.get(id)?.facts ?? [])
}

/** Everybody knows everybody with the facts that each says of itself, and nothing more happens. */
function isWell (t: test.Test, cluster: Cluster, label: string): void {
  cluster.awaitAlive(10_000)
  cluster.runFor(5_000)
  for (const { members } of cluster.up) {
    for (const by of cluster.up) t.deepEqual(factsOf(by, members.id), Object.fromEntries(members.self.facts), `${label}: ${by.name} has the facts of ${members.id}`)
  }
  const watch = new Watch(cluster)
  const { steps } = cluster.world
  cluster.runFor(10_000)
  t.deepEqual(watch.seen, [], 'then all is quiet')
  t.ok(cluster.world.steps - steps < 1_000 * cluster.links.size, 'nobody is summoned again and again')
  cluster.check()
}

for (const hasDisk of [false, true]) {
  test(`away for longer than the retention, while somebody came and went; ${hasDisk ? 'with' : 'without'} storage`, t => {
    const cluster = new Cluster({ seed: 1, delayMs: [0.5, 5], times: { retentionMs }, checkEvery: 1 })
    const [here, away] = [cluster.add('here', { hasDisk, facts: { start: 1 } }), cluster.add('away', { hasDisk, facts: { start: 2 } })]
    cluster.tie(here, away)
    cluster.awaitAlive(5_000)
    away.set('load', 1)
    cluster.runFor(1_000)
    cluster.part(() => true)
    cluster.runFor(100)
    cluster.heal()
    cluster.untie(here, away)
    const visitor = cluster.add('visitor', { facts: { any: 1 } })
    cluster.tie(here, visitor)
    cluster.runFor(2_000)
    cluster.crash(visitor, 'closing')
    cluster.runFor(5 * retentionMs)
    t.equal(here.members.roster.get('away'), undefined, 'it is forgotten')
    const { epoch } = away.members
    const watch = new Watch(cluster)
    cluster.tie(here, away)
    isWell(t, cluster, 'back')
    t.deepEqual(factsOf(here, 'away'), { start: 2, load: 1 })
    t.deepEqual(watch.of('away').filter(({ by }) => by === 'here').map(({ kind }) => kind), ['join'])
    t.notEqual(away.members.epoch, epoch, 'in another life')
    t.end()
  })
}

test('three islands that were apart for longer than the retention, and meet two by two', t => {
  for (let seed = 1; seed <= 4; seed++) {
    const cluster = new Cluster({ seed, delayMs: [0.5, 5], times: { retentionMs } })
    for (let i = 0; i < 9; i++) cluster.add(`n${i}`, { hasDisk: seed % 2 === 0, facts: { start: i } })
    for (const step of [1, 3]) for (const [i, node] of cluster.nodes.entries()) cluster.tie(node, cluster.nodes[(i + step) % 9]!)
    cluster.awaitAlive(5_000)
    const island = (node: ClusterNode): number => cluster.nodes.indexOf(node) % 3
    cluster.part((a, b) => island(a) !== island(b))
    cluster.runFor(cluster.random.between(5_000, 40_000))
    for (const [i, node] of cluster.nodes.entries()) node.set('while', i)
    cluster.part((a, b) => island(a) !== island(b) && (island(a) === 2 || island(b) === 2))
    cluster.runFor(cluster.random.between(100, 20_000))
    cluster.heal()
    isWell(t, cluster, `seed ${seed}`)
  }
  t.end()
})
