import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import { Watch } from './membership-watch.js'

const seeds = [1, 2]

test('one link of a member cut, another left: alive for everyone, always', t => {
  for (const seed of seeds) {
    const cluster = Cluster.formed(40, 8, { seed })
    const watch = new Watch(cluster)
    const victim = cluster.nodes[7]!
    for (const link of cluster.linksOf(victim).slice(1)) {
      link.cut()
      cluster.runFor(3_000)
    }
    cluster.runFor(10_000)
    t.deepEqual(watch.seen, [], `seed ${seed}`)
  }
  t.end()
})

test('all links of a member cut: dead for everyone; healed: alive once', t => {
  for (const seed of seeds) {
    const cluster = Cluster.formed(40, 8, { seed })
    const watch = new Watch(cluster)
    const victim = cluster.nodes[7]!
    const others = cluster.nodes.filter(node => node !== victim)
    const peers = cluster.linksOf(victim).map(({ ends }) => ends[0].node === victim ? ends[1].node : ends[0].node)
    cluster.part((a, b) => a === victim || b === victim)
    cluster.runFor(20_000)
    t.deepEqual(watch.stories(victim.id, others), { 'suspect dead': 39 }, `seed ${seed}`)
    cluster.heal()
    for (const peer of peers) cluster.connect(victim, peer)
    cluster.runFor(20_000)
    t.deepEqual(watch.stories(victim.id, others), { 'suspect dead alive': 39 })
    t.equal(watch.seen.filter(({ by }) => by !== victim.name).length, 3 * 39, 'nobody else is told of')
    t.equal(watch.seen.filter(({ by }) => by === victim.name).length, 3 * 39, 'it tells the same of all others')
  }
  t.end()
})

test('halves: each sees the other die, and live again once', t => {
  for (const seed of [...seeds, 4, 5, 6]) {
    const cluster = new Cluster({ seed, delayMs: [0.5, 5] })
    for (let i = 0; i < 10; i++) cluster.add(`n${i}`)
    for (const [i, a] of cluster.nodes.entries()) for (const b of cluster.nodes.slice(i + 1)) cluster.tie(a, b)
    cluster.awaitAlive(5_000)
    cluster.runFor(2_000)
    const watch = new Watch(cluster)
    const left = new Set(cluster.nodes.slice(0, 5))
    cluster.part((a, b) => left.has(a) !== left.has(b))
    cluster.runFor(15_000)
    for (const node of cluster.nodes) node.set('side', left.has(node))
    cluster.runFor(cluster.random.between(1_000, 60_000))
    cluster.heal()
    cluster.runFor(15_000)
    for (const node of cluster.nodes) {
      const other = cluster.nodes.filter(peer => left.has(peer) !== left.has(node))
      t.deepEqual(watch.stories(node.id, other), { 'suspect dead alive': 5 }, `seed ${seed}: ${node.id} on the other side`)
      const own = cluster.nodes.filter(peer => peer !== node && left.has(peer) === left.has(node))
      t.deepEqual(watch.stories(node.id, own), { '': 4 }, 'and on its own')
      for (const { members } of cluster.nodes) t.equal(members.roster.get(node.id)?.facts.get('side'), left.has(node))
    }
    cluster.check()
  }
  t.end()
})
