import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'
import { Watch } from './membership-watch.js'

const seeds = [1, 2]
const heartbeatMs = 1_000

/** Who was asked to dial whom, from now on. */
function probesOf (cluster: Cluster): Array<{ readonly by: string, readonly id: string, readonly at: number }> {
  const probes: Array<{ by: string, id: string, at: number }> = []
  cluster.listeners.add((node, event) => {
    if (event.kind === 'probe') probes.push({ by: node.name, id: event.id, at: cluster.world.now })
  })
  return probes
}

function hangAll (cluster: Cluster, node: ClusterNode): void {
  for (const link of cluster.linksOf(node)) link.hang()
}

test('nobody is asked to dial a member that is still heard', t => {
  for (const seed of seeds) {
    const cluster = Cluster.formed(24, 6, { seed, dials: true })
    const probes = probesOf(cluster)
    const victim = cluster.nodes[7]!
    const [kept, closed, ...silent] = cluster.linksOf(victim)
    closed!.cut()
    for (const link of silent) link.hang()
    cluster.runFor(30_000)
    t.equal(probes.length, 0, `seed ${seed}`)
    t.ok(kept!.isOpen, 'as one link is left')
  }
  t.end()
})

test('all links of a member fall silent, but it can be dialed: it is never dead, and few dial it, each once', t => {
  for (const seed of seeds) {
    const cluster = Cluster.formed(24, 6, { seed, dials: true })
    const watch = new Watch(cluster)
    const probes = probesOf(cluster)
    const victim = cluster.nodes[7]!
    const before = cluster.linksOf(victim).length
    hangAll(cluster, victim)
    cluster.runFor(10_000)
    t.deepEqual(watch.of(victim.id, 'dead'), [], `seed ${seed}`)
    const about = probes.filter(({ id }) => id === victim.id)
    t.ok(about.length > 0 && about.length <= 3 * before, `${about.length} were asked`)
    t.equal(new Set(about.map(({ by }) => by)).size, about.length, 'each once')
  }
  t.end()
})

test('a member that is gone is dialed by few, and not for ever', t => {
  for (const seed of seeds) {
    const cluster = Cluster.formed(24, 6, { seed, dials: true })
    const probes = probesOf(cluster)
    const victim = cluster.nodes[7]!
    const crashedAt = cluster.world.now
    cluster.crash(victim, 'silent')
    cluster.runFor(60_000)
    t.ok(probes.length > 0 && probes.length <= 3 * 6, `seed ${seed}: ${probes.length} were asked`)
    t.ok(probes.every(({ id, at }) => id === victim.id && at < crashedAt + 10 * heartbeatMs), 'about it alone, and soon')
  }
  t.end()
})

test('event loops that are blocked again and again: links come and go, but do not pile up', t => {
  const cluster = Cluster.formed(24, 6, { seed: 1, dials: true })
  const before = cluster.links.size
  const slow = cluster.nodes.slice(0, 6)
  const again = (node: ClusterNode): void => {
    node.loop.block(5_000)
    cluster.world.schedule(5_000 + cluster.random.between(1_000, 5_000), () => { again(node) }, false)
  }
  for (const node of slow) again(node)
  let most = 0
  for (let second = 0; second < 120; second++) {
    cluster.runFor(1_000)
    most = Math.max(most, cluster.links.size)
  }
  t.ok(most <= before * 2, `${before} links, ${most} at most`)
  t.end()
})

test('the hub of a star is gone, or falls silent: the spokes find each other, each by a few links', t => {
  for (const seed of seeds) {
    for (const how of ['silent', 'closing', 'hung'] as const) {
      const cluster = new Cluster({ seed, dials: true })
      const hub = cluster.add('hub')
      const spokes = Array.from({ length: 12 }, (_, i) => cluster.add(`spoke-${i}`))
      for (const spoke of spokes) cluster.connect(hub, spoke)
      cluster.awaitAlive(5_000)
      cluster.runFor(2_000)
      const watch = new Watch(cluster)
      const probes = probesOf(cluster)
      if (how === 'hung') {
        cluster.part((a, b) => a === hub || b === hub)
        hub.loop.block(60_000)
      } else {
        cluster.crash(hub, how)
      }
      cluster.runFor(12_000)
      const about = probes.filter(({ by }) => by !== hub.name)
      for (const { name } of spokes) t.ok(about.filter(({ by }) => by === name).length <= 6, `seed ${seed}, ${how}: ${name} dials six at most`)
      t.deepEqual(watch.falseDeaths([hub.id]), [])
      t.ok(spokes.every(({ members }) => spokes.every(({ id }) => members.roster.get(id)?.status === 'alive')), 'all are here for all')
    }
  }
  t.end()
})
