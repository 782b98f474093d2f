import test from 'tape'
import type { Test } from 'tape'
import { mostOutcomes } from '../../lib/quorum/cells.js'
import { laneCount, laneOf, preference } from '../../lib/quorum/lanes.js'
import { packedLength } from '../../lib/quorum/packed-length.js'
import { stampOf, termOf } from '../../lib/quorum/terms.js'
import { ConsistentSet } from '../../lib/index.js'
import { Cluster, reached } from '../set/cluster.js'
import { closeAll, join } from '../support/pairs.js'
import { turns, within } from '../support/waiting.js'
import { SetLiar } from './set-liar.js'
import { types } from './set-target.js'

// Frames that are in order, said in the name of a member, and not so. While it lasts a liar may break what members agree on; but it kills nobody, takes no memory
// without bound, sets no honest nodes against each other, and once it is gone, calls are answered again.

const ids = ['a', 'b', 'c']
const last = 36 ** 8 - 1
const maxFrameBytes = 2 ** 20
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const lanes = many(laneCount, lane => lane)
const far = termOf(last, 'b', 1)

/** An element of the lane that its first member should own. */
const owned = many(1_000, i => `x${i}`).find(element => preference(laneOf(element), ids)[0] === 'a') ?? ''

function accept (term: string, element: string, outcomes: number): unknown[] {
  const stamp = stampOf(term, 1)
  const answers = many(outcomes, n => ['b', 1, n, 0, 't', stamp]).flat()
  return [types.accept, laneOf(element), term, 0, 1, 1, 0, 0, [[element, stamp, false, [true, 't', stamp, answers]]]]
}

function earlier (liar: SetLiar, first: number): unknown[] {
  return [types.forward, laneOf(owned), termOf(1, 'a', liar.names.get('a')!.incarnation), owned, many(32, i => [first + i, i % 2, i % 2 === 0 ? 't' : '']).flat()]
}

function bindings ({ origin }: SetLiar, of: number): unknown[] {
  return [types.configuration, [origin, 1, ['a', '', 'b', '', 'c', ''], false, true], many(1_000, i => [`${of} ${String(i).padStart(4, '0')}`, 's']).flat()]
}

/** An ACCEPT that fills a frame to its last bytes. */
function longest (liar: SetLiar): unknown[] {
  const stamp = stampOf(far, 1)
  const entry = (token: string): unknown[] => ['x', stamp, false, [true, token, stamp, []]]
  const framed = (entries: readonly unknown[]): unknown[] =>
    liar.envelope('liar', [types.accept, laneOf('x'), far, 0, 1, 1, 0, 0, entries], { to: 'b', visited: ['liar'] })
  const count = Math.floor((maxFrameBytes - packedLength(framed([]))) / packedLength(entry('t'))) - 1
  const room = maxFrameBytes - packedLength(framed(many(count, () => entry('t'))))
  return framed([...many(count - 1, () => entry('t')), entry('t'.repeat(room - 1))])
}

function misunderstood (liar: SetLiar): unknown[] {
  const framed = (more: string): unknown[] => liar.envelope('liar', [types.ping, more], { to: 'b', visited: ['liar'] })
  return framed('x'.repeat(maxFrameBytes - packedLength(framed('')) - 4))
}

interface Lie {
  readonly what: string
  readonly says: (liar: SetLiar) => Iterable<unknown[]>
  /** Whether it is out of shape after all. */
  readonly isEnded?: boolean
}

const lies: readonly Lie[] = [
  { what: 'PREPARE of the last term of all, in every lane', says: liar => lanes.map(lane => liar.envelope('b', [types.prepare, lane, far, 0])) },
  { what: 'PREPARE of a term of nobody', says: liar => lanes.map(lane => liar.envelope('b', [types.prepare, lane, termOf(2, 'nobody', 1), 0])) },
  { what: 'REFUSE by the last term of all', says: liar => lanes.map(lane => liar.envelope('b', [types.refuse, lane, far])) },
  { what: 'REDIRECT to the last term of all', says: liar => lanes.map(lane => liar.envelope('b', [types.redirect, lane, far])) },
  { what: 'TEND of the last term of all', says: liar => lanes.map(lane => liar.envelope('b', [types.tend, lane, far])) },
  { what: 'REPAIR with the last stamp of all', says: liar => many(500, i => liar.envelope('b', [types.repair, 1, 1, `after ${i}`, stampOf(far, last), [true, 't', stampOf(far, last), []]])) },
  { what: 'NEXT-PREPARE and NEXT-REFUSE of the last ballot of all', says: liar => [types.nextPrepare, types.nextRefuse].map(type => liar.envelope('b', [type, far])) },
  { what: 'ACCEPT through the end of numbers', says: liar => lanes.map(lane => liar.envelope('b', [types.accept, lane, termOf(3, 'b', 1), 0, last, last, last, last, []])) },
  { what: 'ACCEPT of cells as long as may be', says: liar => many(300, i => liar.envelope('b', accept(termOf(3, 'b', 1), `after ${i}`, mostOutcomes + 32))) },
  { what: 'FORWARD of 100,000 operations', says: liar => [liar.envelope('b', [types.forward, laneOf(owned), '', owned, many(100_000, i => [i + 1, 0, 't']).flat()])], isEnded: true },
  { what: 'FORWARD of ever earlier operations, none released', says: liar => many(500, i => liar.envelope('b', earlier(liar, 100_000 - 40 * i))) },
  { what: 'PREPAREs of ever later terms, in all lanes', says: liar => many(10, round => lanes.map(lane => liar.envelope('b', [types.prepare, lane, termOf(round + 2, 'b', 1), 0]))).flat() },
  { what: 'envelopes that went everywhere', says: liar => many(10, () => liar.envelope('liar', [types.ping], { to: 'b', visited: many(1_024, i => `v${i}`) })) },
  { what: 'envelopes with much that nobody understands', says: liar => many(10, () => misunderstood(liar)) },
  { what: 'frames as long as may be', says: liar => many(10, () => longest(liar)) },
  { what: 'CONFIGURATION with stores of thousands', says: liar => many(3, i => liar.envelope('liar', bindings(liar, i))) },
  { what: 'questions of 5,000 who are nobody', says: liar => many(5_000, i => liar.envelopeOf({ id: `nobody ${i}`, store: 's', incarnation: 1 }, [types.forming, 3, true, false, []])) },
  { what: 'WELCOME of 5,000 who are nobody', says: liar => many(5_000, i => liar.envelopeOf({ id: `nobody ${i}`, store: 's', incarnation: 1 }, [types.welcome])) },
  { what: 'envelopes of 100,000 PINGs', says: liar => many(3, () => [...liar.envelope('b', [types.ping]), ...many(100_000, () => [types.ping])]) },
  { what: 'envelopes of 30,000 READs', says: liar => many(3, () => [...liar.envelope('b', [types.read, 1, 1, 'x']), ...many(30_000, () => [types.read, 1, 1, 'x'])]) },
  { what: 'READs, 5,000', says: liar => many(5_000, i => liar.envelope('b', [types.read, 1, i, 'x'])) },
  { what: 'VALUEs that nobody waits for, 5,000', says: liar => many(5_000, i => liar.envelope('b', [types.value, liar.names.get('a')!.incarnation, i])) }
]

/** The longest that one frame kept the processor busy, in milliseconds: by its own clock, as others may use it too. */
async function tell (liar: SetLiar, frames: Iterable<unknown[]>): Promise<number> {
  let longest = 0
  for (const frame of frames) {
    const before = process.cpuUsage()
    liar.sayFrames([frame])
    await turns(1)
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1_000)
  }
  return longest
}

async function bounded (t: Test, liar: SetLiar, frames: Iterable<unknown[]>): Promise<void> {
  const before = process.memoryUsage().rss
  const busyMs = await tell(liar, frames)
  await turns(20)
  const grown = (process.memoryUsage().rss - before) / 2 ** 20
  t.ok(busyMs < 1_000 && grown < 250, `the longest took ${busyMs.toFixed()} ms, ${grown.toFixed()} MiB`)
}

for (const { what, says, isEnded = false } of lies) {
  test(what, async t => {
    const cluster = await new Cluster(ids).ready()
    const { sets } = cluster
    const adds = async (prefix: string, count: number): Promise<unknown> => await within(Promise.all(many(count, i => sets[i % 3]!.add(`${prefix} ${i}`))), 'adds')
    await adds('before', 60)
    await within(sets[0]!.add(owned), 'an add')
    const liar = await SetLiar.of(sets[0]!, ids)
    await bounded(t, liar, says(liar))
    t.equal(liar.isThere, !isEnded)
    await liar.part()
    for (const [names, { a, b }] of cluster.pairs) if (a.destroyed || b.destroyed) t.fail(`the honest line ${names} was ended: ${String(a.errored ?? b.errored)}`)
    await adds('later', 90)
    const there = await within(Promise.all(many(90, i => sets[(i + 1) % 3]!.has(`later ${i}`))), 'reads')
    t.ok(there.every(is => is), 'calls are answered as ever')
    t.ok((await within(Promise.all(many(60, i => sets[(i + 1) % 3]!.has(`before ${i}`))), 'reads')).every(is => is), 'what was there is there')
    t.deepEqual(sets.map(({ state }) => state), ['ready', 'ready', 'ready'])
    await cluster.close()
  })
}

test('members change after a ballot that was the last of all', async t => {
  const cluster = await new Cluster(ids).ready()
  const [a] = cluster.sets as [ConsistentSet]
  const d = new ConsistentSet({ id: 'd' })
  for (const set of cluster.sets) join(set, d)
  const liar = await SetLiar.of(a, ids)
  for (const id of ids) liar.sayFrames([types.nextPrepare, types.nextRefuse].map(type => liar.envelope('b', [type, far], { to: id })))
  await turns(10)
  await liar.part()
  t.deepEqual(await within(a.grow('d'), 'grow'), ['a', 'b', 'c', 'd'])
  await closeAll(d)
  await cluster.close()
})

test('what others say waits for a slow neighbour within bounds', async t => {
  const cluster = await new Cluster(ids).ready()
  const liar = await SetLiar.of(cluster.get('a'), ids)
  const slow = await SetLiar.of(cluster.get('a'), ids, 'slow')
  slow.pause()
  const stamp = stampOf(far, 1)
  const entries = many(2_500, i => [`element ${i} of ${laneOf(`element ${i}`)}`, stamp] as const).filter(([element]) => laneOf(element) === 7)
  const cells = entries.map(([element]) => [element, stamp, false, [true, 't'.repeat(250), stamp, many(200, n => ['b', 1, n, 0, 't'.repeat(50), stamp]).flat()]])
  await bounded(t, liar, many(400, () => liar.envelope('liar', [types.accept, 7, far, 0, 1, 1, 0, 0, cells], { to: 'slow' })))
  t.ok(liar.isThere)
  await Promise.all([liar.part(), slow.part()])
  await within(cluster.get('b').add('x'), 'an add')
  await cluster.close()
})

test('nodes that form: thousands of lists and vetoes, of thousands of nodes', async t => {
  const sets = ids.map(id => new ConsistentSet({ id, clusterSize: 3 }))
  const [a, b, c] = sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  const liar = await SetLiar.of(a, [a.id])
  const { store } = liar.names.get('a')!
  const list = (i: number): unknown[] => [['a', store, ...many(100, j => [`z${String(j).padStart(2, '0')} ${i}`.padEnd(60, 'z'), 'of the liar']).flat(), 'zz', 'of the liar'], true, i]
  const zz = { id: 'zz', store: 'of the liar', incarnation: 1 }
  const forming = (i: number): unknown[] => [types.forming, 101, true, list(i), many(40, j => list(1_000_000 + 40 * i + j))]
  await bounded(t, liar, many(400, i => liar.envelopeOf(zz, forming(i), { epoch: 0 })))
  await bounded(t, liar, many(3_000, i => liar.envelopeOf({ id: `zzz ${i}`, store: 's', incarnation: 1 }, [types.forming, 3, true, false, []], { epoch: 0 })))
  t.ok(liar.isThere)
  await liar.part()
  const pairs = [join(a, b), join(b, c), join(a, c)]
  await reached('ready', ...sets)
  t.deepEqual(c.status().members, ids)
  t.ok(pairs.every(pair => !pair.a.destroyed && !pair.b.destroyed), 'no line was ended')
  await within(c.add('x'), 'an add')
  await closeAll(...sets)
})
