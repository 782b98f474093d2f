import test from 'tape'
import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'
import { runVisitors } from './membership-visitors.js'
import { Watch } from './membership-watch.js'

const day = 86_400_000
const seeds = [1, 2]

/** Nodes along a circle with chords, kept connected: nobody is everybody's neighbour. */
function circle (seed: number, size: number, options: { hasDisk?: boolean, retentionMs?: number } = {}): Cluster {
  const { hasDisk = false, retentionMs = day } = options
  const cluster = new Cluster({ seed, delayMs: [0.5, 5], times: { retentionMs }, checkEvery: 10 })
  for (let i = 0; i < size; i++) cluster.add(`n${i}`, { hasDisk, facts: { start: 1 } })
  tieAll(cluster.nodes, [1, 3], cluster)
  cluster.awaitAlive(5_000)
  cluster.runFor(2_000)
  return cluster
}

function tieAll (nodes: readonly ClusterNode[], steps: readonly number[], cluster: Cluster): void {
  for (const step of steps) for (const [i, a] of nodes.entries()) cluster.tie(a, nodes[(i + step) % nodes.length]!)
}

function factsAbout (cluster: Cluster, id: string): Array<Record<string, unknown>> {
  return cluster.up.map(({ members }) => Object.fromEntries(members.roster.get(id)?.facts ?? []))
}

for (const hasDisk of [false, true]) {
  test(`a restart under the same id, ${hasDisk ? 'with' : 'without'} storage: one restart, old facts gone, new values win`, t => {
    for (const seed of seeds) {
      for (const downMs of [50, 1_500, 20_000]) {
        const cluster = circle(seed, 9, { hasDisk })
        const [node, ...others] = cluster.nodes
        if (node === undefined) throw new RangeError('a circle has nodes')
        node.set('old', 'kept by storage alone')
        node.set('value', 1)
        cluster.runFor(1_000)
        const watch = new Watch(cluster)
        cluster.crash(node, cluster.random.pick(['closing', 'silent']))
        cluster.runFor(downMs)
        node.facts = { start: 2 }
        cluster.restart(node)
        cluster.runFor(100)
        node.set('value', 2)
        cluster.runFor(10_000)
        const label = `seed ${seed}, down for ${downMs} ms`
        for (const { name } of others) t.equal(watch.of(node.id, 'restart').filter(({ by }) => by === name).length, 1, `${label}: ${name} tells of one restart`)
        const facts = hasDisk ? { old: 'kept by storage alone', start: 2, value: 2 } : { start: 2, value: 2 }
        for (const seen of factsAbout(cluster, node.id)) t.deepEqual(seen, facts, label)
        t.ok(others.every(({ members }) => members.roster.get(node.id)?.status === 'alive'))
        t.notOk(watch.seen.some(({ id, kind, by }) => id !== node.id && by !== node.name && kind !== 'alive'), 'nobody else is told of')
      }
    }
    t.end()
  })
}

test('a stale replica that returns after the retention revives nobody', t => {
  for (const seed of seeds) {
    const cluster = circle(seed, 9, { retentionMs: 20_000 })
    const gone = cluster.nodes.slice(7)
    const stale = cluster.nodes[3]!
    cluster.part((a, b) => a === stale || b === stale)
    cluster.runFor(10)
    for (const node of gone) cluster.crash(node, 'silent')
    cluster.runFor(60_000)
    const watch = new Watch(cluster)
    cluster.heal()
    cluster.runFor(60_000)
    for (const { id } of gone) {
      t.deepEqual(watch.of(id, 'join', 'alive', 'restart'), [], `seed ${seed}: ${id} stays dead`)
      t.ok(cluster.up.every(({ members }) => members.roster.get(id) === undefined), 'and is forgotten by all')
    }
  }
  t.end()
})

test('two holders of an id: one conflict for each node, the same winner, the loser told', t => {
  for (const seed of seeds) {
    const cluster = circle(seed, 9)
    const [first] = cluster.nodes
    const watch = new Watch(cluster)
    const second = cluster.add('n0', { name: 'rival', facts: { start: 2 }, skewMs: cluster.random.pick([-5_000, 0, 5_000]) })
    cluster.tie(second, cluster.nodes[4]!)
    cluster.tie(second, cluster.nodes[5]!)
    cluster.runFor(20_000)
    const [loser, winner] = first?.refusal === undefined ? [second, first] : [first, second]
    t.equal(loser.refusal, 'DUPLICATE_ID', `seed ${seed}: ${loser.name} is told`)
    t.equal(winner?.refusal, undefined, 'the other one is not')
    for (const { name } of cluster.nodes) t.equal(watch.of('n0', 'conflict').filter(({ by }) => by === name).length, 1, `${name} tells of one conflict`)
    const epochs = new Set(cluster.nodes.filter(node => node !== loser).map(({ members }) => members.roster.get('n0')?.epoch))
    t.deepEqual([...epochs], [winner?.members.epoch], 'all hold the same one for the winner')
    t.ok(cluster.nodes.filter(node => node !== loser).every(({ members }) => members.roster.get('n0')?.status === 'alive'))
  }
  t.end()
})

test('leave: left everywhere, never dead', t => {
  for (const seed of seeds) {
    const cluster = circle(seed, 9)
    const watch = new Watch(cluster)
    const node = cluster.nodes[2]!
    node.leave()
    cluster.runFor(20_000)
    t.notOk(node.isUp, 'it was heard out and went')
    t.deepEqual(watch.stories(node.id, cluster.up), { leave: 8 }, `seed ${seed}`)
    t.notOk(watch.seen.some(({ id, by }) => id !== node.id && by !== node.name))
  }
  t.end()
})

test('fail: back by itself, one generation up; evict: out for good', t => {
  for (const seed of seeds) {
    const cluster = circle(seed, 9)
    const [judge, , , node, outcast] = cluster.nodes
    if (judge === undefined || node === undefined || outcast === undefined) throw new RangeError('a circle has nodes')
    const watch = new Watch(cluster)
    const { epoch } = node.members
    judge.condemn(node.id, false)
    cluster.runFor(10_000)
    t.ok(node.members.epoch > epoch, `seed ${seed}: it lives again`)
    const others = cluster.up.filter(other => other !== node)
    for (const { members, name } of others) {
      const record = members.roster.get(node.id)
      t.equal(`${record?.status} ${record?.epoch}`, `alive ${node.members.epoch}`, name)
      t.equal(record?.facts.get('start'), 1, 'with its facts')
      t.equal(watch.of(node.id, 'restart').filter(({ by }) => by === name).length, 1)
    }
    judge.condemn(outcast.id, true)
    cluster.runFor(10_000)
    t.equal(outcast.refusal, 'EVICTED')
    cluster.crash(outcast, 'closing')
    cluster.restart(outcast)
    cluster.runFor(10_000)
    t.deepEqual(watch.stories(outcast.id, cluster.up.filter(other => other !== outcast)), { evict: 8 }, 'it stays out')
    const link = cluster.connect(outcast, cluster.nodes[1]!)
    cluster.runFor(100)
    t.ok(link === undefined || link.ends[0].refusal === 'EVICTED', 'told at the door')
  }
  t.end()
})

test('a wall clock that jumps a day either way changes nobody\'s status', t => {
  for (const seed of seeds) {
    const cluster = circle(seed, 9)
    const watch = new Watch(cluster)
    for (let i = 0; i < 20; i++) {
      cluster.random.pick(cluster.nodes).skewMs += cluster.random.pick([-day, day, day / 2])
      cluster.runFor(cluster.random.between(10, 3_000))
      const links = [...cluster.links]
      if (cluster.random.chance(0.3)) cluster.random.pick(links).cut()
    }
    cluster.runFor(10_000)
    t.deepEqual(watch.seen, [], `seed ${seed}`)
  }
  t.end()
})

test('a life born in the far future is refused and poisons nothing', t => {
  for (const seed of seeds) {
    const cluster = circle(seed, 9)
    const watch = new Watch(cluster)
    const ahead = cluster.add('ahead', { skewMs: 2 * day })
    const link = cluster.connect(ahead, cluster.nodes[3]!)
    cluster.runFor(10_000)
    t.equal(link?.ends[0].refusal, 'CLOCK_SKEW', `seed ${seed}`)
    t.deepEqual(watch.seen.filter(({ by }) => by !== 'ahead'), [])
    const again = cluster.nodes[5]!
    cluster.crash(again, 'closing')
    again.skewMs = 2 * day
    cluster.restart(again)
    cluster.runFor(10_000)
    again.skewMs = 0
    cluster.crash(again, 'closing')
    cluster.restart(again)
    cluster.runFor(10_000)
    t.ok(cluster.nodes.slice(0, 9).every(({ members }) => members.roster.get(again.id)?.status === 'alive'), 'with the right time it is back')
  }
  t.end()
})

test('ids that came and went leave next to nothing', t => {
  const { before, after } = runVisitors(100, 300)
  t.deepEqual(after, before, `roster, entries and sources: ${JSON.stringify(before)}`)
  t.end()
})
