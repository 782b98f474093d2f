import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import type { ConsistentSetOptions } from '../../lib/index.js'
import { code, codeOf, refusalOf } from '../support/failures.js'
import { closeAll, join } from '../support/pairs.js'
import { once, turns, within } from '../support/waiting.js'
import { Cluster, comes, reached } from './cluster.js'

// Who counts: nodes become a cluster by themselves, and change who they are.

/** What waits for time alone keeps no process alive. */
const alive = setInterval(() => {}, 1_000)
test.onFinish(() => { clearInterval(alive) })

function mesh (...sets: ConsistentSet[]): void {
  for (const [i, a] of sets.entries()) for (const b of sets.slice(i + 1)) join(a, b)
}

function nodes (ids: string, options: ConsistentSetOptions = {}): ConsistentSet[] { return [...ids].map(id => new ConsistentSet({ id, ...options })) }

test('alone: ready at once, as an option and as a call', async t => {
  const [one, two] = [new ConsistentSet({ clusterSize: 1 }), new ConsistentSet()]
  t.equal(two.state, 'forming')
  t.equal(two.clusterSize(), undefined)
  t.deepEqual(two.status().members, [])
  const waits = two.add('x')
  await turns()
  t.equal(two.status().queued, 1, 'while it forms, calls wait')
  t.equal(two.clusterSize(1), two)
  t.equal(two.clusterSize(), 1)
  await within(Promise.all([waits, one.add('x')]), 'adds')
  t.deepEqual([one.state, two.state, two.status().members, one.status().needed], ['ready', 'ready', [two.id], 1])
  t.equal(two.clusterSize(5), two, 'afterwards it has no effect')
  t.equal(two.clusterSize(), 1)
  for (const size of [0, -1, 1.5, NaN, 101]) t.equal(refusalOf(() => two.clusterSize(size)), 'RangeError INVALID_ARGUMENT')
  t.equal(refusalOf(() => two.clusterSize('3' as unknown as number)), 'TypeError INVALID_ARGUMENT')
  await closeAll(one, two)
  t.equal(await codeOf(() => two.clusterSize(3)), 'CLOSED')
})

test('three that say clusterSize(3) become one; ids are drawn', async t => {
  const sets = [new ConsistentSet({ clusterSize: 3 }), new ConsistentSet(), new ConsistentSet()] as const
  const told = sets.map(set => once(set, 'members'))
  sets[1].clusterSize(3)
  const early = sets[2].add('early')
  mesh(...sets)
  sets[2].clusterSize(3)
  await within(early, 'a call made while forming')
  const ids = sets.map(({ id }) => id).sort()
  for (const [members] of await Promise.all(told)) t.deepEqual(members, ids)
  await reached('ready', ...sets)
  for (const set of sets) t.deepEqual([set.clusterSize(), set.status().members, set.status().needed, set.status().epoch], [3, ids, 2, 1])
  await closeAll(...sets)
})

test('of four with clusterSize 3 three settle, the fourth gets CLUSTER_FULL; met through a relay, too', async t => {
  for (const isChain of [false, true]) {
    const sets = nodes('abcd', { clusterSize: 3 })
    const errors: string[] = []
    const full = Promise.race(sets.map(async set => {
      const [error] = await once(set, 'error')
      errors.push(code(error))
      return set
    }))
    const calls = sets.map(set => codeOf(() => set.add(set.id)))
    if (isChain) for (const [i, set] of sets.slice(1).entries()) join(sets[i] as ConsistentSet, set)
    else mesh(...sets)
    const odd = await within(full, 'one too many')
    t.deepEqual(errors, ['CLUSTER_FULL'])
    t.deepEqual((await within(Promise.all(calls), 'calls')).sort(), ['CLUSTER_FULL', 'nothing', 'nothing', 'nothing'])
    t.equal(await codeOf(() => odd.has('x')), 'CLUSTER_FULL', 'later calls as well')
    const others = sets.filter(set => set !== odd)
    for (const set of others) t.deepEqual(set.status().members, others.map(({ id }) => id))
    await closeAll(...sets)
  }
})

test('grow, shrink and replace: one agreed step at a time, while calls go on', async t => {
  const sets = nodes('abc', { members: ['a', 'b', 'c'] })
  const [a, b, c] = sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  const [d, e] = nodes('de') as [ConsistentSet, ConsistentSet]
  mesh(a, b, c, d, e)
  const events: string[] = []
  a.on('members', ids => { events.push(ids.join('')) })
  await within(a.add('x'), 'a call')
  let count = 0
  const goOn = new AbortController()
  const calling = (async () => {
    while (!goOn.signal.aborted) {
      await a.add(`e${count++}`)
      await turns(1)
    }
  })()
  t.deepEqual(await within(a.grow('d'), 'grow'), ['a', 'b', 'c', 'd'])
  await reached('ready', d)
  t.equal(await within(d.has('x'), 'a newcomer'), true)
  t.ok([...d].includes('x'), 'its local view is whole')
  const shrunk = new Promise<unknown>(resolve => { b.shrink('c', (error, ids) => { resolve([error, ids]) }) })
  const out = once(c, 'error')
  t.deepEqual(await within(shrunk, 'shrink'), [null, ['a', 'b', 'd']])
  t.equal(code((await within(out, 'c is told'))[0]), 'NOT_MEMBER')
  t.equal(await codeOf(() => c.add('y')), 'NOT_MEMBER')
  t.deepEqual(await within(d.replace('b', 'e'), 'replace'), ['a', 'd', 'e'])
  goOn.abort()
  await within(calling, 'the calls beside')
  await comes(() => events.at(-1) === 'ade')
  t.deepEqual(events, ['abc', 'abcd', 'abd', 'ade'])
  t.deepEqual([a.clusterSize(), a.status().epoch], [3, 7])
  await comes(() => [a, d, e].every(({ size }) => size === count + 1))
  await closeAll(a, b, c, d, e)
})

test('what can not be changed', async t => {
  const cluster = await new Cluster(['a', 'b']).ready()
  const [a, b] = cluster.sets as [ConsistentSet, ConsistentSet]
  t.equal(await codeOf(() => within(a.shrink('z'), 'shrink')), 'NOT_MEMBER')
  t.equal(await codeOf(() => within(a.replace('z', 'y'), 'replace')), 'NOT_MEMBER')
  t.deepEqual(await within(a.grow('b'), 'grow'), ['a', 'b'], 'it is a member already')
  t.equal(await codeOf(() => within(a.replace('a', 'b'), 'replace')), 'RangeError: the members can not be changed like this (no TendrilError)')
  for (const id of ['', 'x'.repeat(65)]) {
    t.equal(refusalOf(() => a.grow(id)), 'RangeError INVALID_ARGUMENT')
    t.equal(refusalOf(() => a.replace('a', id)), 'RangeError INVALID_ARGUMENT')
  }
  t.equal(refusalOf(() => a.shrink(5 as unknown as string)), 'TypeError INVALID_ARGUMENT')
  t.equal(refusalOf(() => { a.grow('c', 5 as unknown as () => void) }), 'TypeError INVALID_ARGUMENT')
  const waits = codeOf(() => a.grow('nobody'))
  await b.close()
  await a.close()
  t.equal(await waits, 'CLOSED')
  t.equal(await codeOf(() => a.grow('c')), 'CLOSED')
  cluster.forget()
})

test('with storage: the id and the members are kept, and a lost disk is replaced', async t => {
  const levels = [new MemoryLevel(), new MemoryLevel(), new MemoryLevel()] as const
  const first = levels.map(storage => new ConsistentSet({ storage, clusterSize: 3 }))
  await Promise.all(first.map(set => set.ready()))
  mesh(...first)
  await reached('ready', ...first)
  const ids = first.map(({ id }) => id)
  await within(first[0]!.add('x'), 'add')
  await comes(() => first.every(({ size }) => size === 1))
  await closeAll(...first)
  const again = levels.map(storage => new ConsistentSet({ storage }))
  await Promise.all(again.map(set => set.ready()))
  t.deepEqual(again.map(({ id }) => id), ids)
  t.deepEqual(again.map(({ state, size }) => `${state} ${size}`), ['halted 1', 'halted 1', 'halted 1'])
  mesh(...again)
  await reached('ready', ...again)
  t.equal(await codeOf(() => within(again[1]!.add('x'), 'add')), 'ALREADY_PRESENT')
  await again[2]!.close()
  const lost = new ConsistentSet({ id: ids[2]!, storage: new MemoryLevel(), clusterSize: 3 })
  const refused = once(lost, 'error')
  mesh(again[0]!, lost)
  join(again[1]!, lost)
  t.equal(code((await within(refused, 'it does not vote'))[0]), 'NOT_MEMBER')
  await within(again[0]!.replace(ids[2]!, ids[2]!), 'replaced by itself')
  await reached('ready', lost)
  t.equal(await within(lost.has('x'), 'has'), true)
  await closeAll(again[0]!, again[1]!, lost)
})
