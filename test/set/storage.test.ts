import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { ClassicLevel } from 'classic-level'
import test from 'tape'
import { ConsistentSet, TendrilError } from '../../lib/index.js'
import { codeOf } from '../support/failures.js'
import { closeAll } from '../support/pairs.js'
import { once, turns, within } from '../support/waiting.js'
import { Cluster, comes } from './cluster.js'
import { LoggedLevel } from './logged-level.js'

// What is acknowledged is stored; what is stored is there again.

const ids = ['a', 'b', 'c']

async function clusterOn (levels: ReadonlyMap<string, LoggedLevel>): Promise<Cluster> {
  return await new Cluster(ids, 'mesh', id => ({ storage: levels.get(id)! })).ready()
}

function levels (): Map<string, LoggedLevel> { return new Map(ids.map(id => [id, new LoggedLevel()])) }

/** Ends the process as kill -9 would: nothing more is written, and what was written is there. */
async function crash (set: ConsistentSet, level: LoggedLevel): Promise<LoggedLevel> {
  set.on('error', () => {})
  level.fails = true
  const left = await level.after()
  await set.close().catch(() => {})
  return left
}

test('restarted after a close: the local view is there at once, holders and fences go on', async t => {
  const stored = levels()
  const first = await clusterOn(stored)
  const [a] = first.sets as [ConsistentSet]
  const held = await a.add('lock', { token: 'ada' })
  for (let i = 0; i < 40; i++) await first.sets[i % 3]?.add(`e${i}`)
  for (let i = 0; i < 40; i += 2) await first.sets[i % 3]?.rem(`e${i}`)
  const expected = ['lock', ...Array.from({ length: 20 }, (_, i) => `e${2 * i + 1}`)].sort()
  await first.shows(...expected)
  await first.close()
  const second = new Cluster(ids, 'mesh', id => ({ storage: stored.get(id)! }))
  for (const set of second.sets) {
    await set.ready()
    t.deepEqual([...set].sort(), expected, `${set.id} shows what it showed`)
  }
  await second.ready()
  const [again, other] = second.sets as [ConsistentSet, ConsistentSet]
  t.deepEqual(await other.holder('lock'), { token: 'ada', fence: held.fence })
  t.equal(await codeOf(() => other.add('lock')), 'ALREADY_PRESENT')
  await again.rem('lock', { token: 'ada' })
  t.ok((await other.add('lock')).fence > held.fence)
  await second.close()
})

test('on disk, alone: every call that was answered, and none that was refused', async t => {
  const dir = mkdtempSync(path(tmpdir(), 'tendril-set-'))
  const there = new Set<string>()
  try {
    for (let run = 0; run < 3; run++) {
      const db = new ClassicLevel(dir)
      const set = new ConsistentSet({ id: 'a', clusterSize: 1, storage: db })
      const early = set.add(`early ${run}`)
      await set.ready()
      t.deepEqual([...set].sort(), [...there].sort(), `${there.size} elements are there at once`)
      await within(early, 'a call made before storage was loaded')
      await Promise.all(Array.from({ length: 100 }, (_, i) => set.add(`${run} ${i}`)))
      for (const element of set) there.add(element)
      t.equal(there.size, 101 * (run + 1))
      t.equal(await codeOf(() => set.add(`${run} 5`)), 'ALREADY_PRESENT')
      await set.close()
      t.equal(db.status, 'open', 'the database remains the user\'s')
      await db.close()
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('everyone is killed at once: what was acknowledged is there, also in the local views', async t => {
  let stored = levels()
  const acknowledged = new Set<string>()
  for (let round = 0; round < 5; round++) {
    const cluster = await clusterOn(stored)
    await cluster.shows(...acknowledged)
    const adding = Array.from({ length: 60 }, async (_, i) => {
      const element = `${round} ${i}`
      await cluster.sets[i % 3]?.add(element)
      acknowledged.add(element)
    })
    await Promise.race(adding.slice(round))
    const before = new Set(acknowledged)
    stored = new Map(await Promise.all(cluster.sets.map(async set => [set.id, await crash(set, stored.get(set.id)!)] as const)))
    cluster.forget()
    await Promise.allSettled(adding)
    for (const element of acknowledged) if (!before.has(element)) acknowledged.delete(element)
    const restarted = await clusterOn(stored)
    await comes(() => restarted.sets.every(set => [...before].every(element => [...set].includes(element))))
    const [reader] = restarted.sets as [ConsistentSet]
    for (const element of before) t.equal(await reader.has(element), true)
    for (const element of await everything(reader, round)) acknowledged.add(element)
    await restarted.close()
  }
})

/** Calls whose outcome was not known may have taken effect all the same. */
async function everything (set: ConsistentSet, round: number): Promise<string[]> {
  const names = Array.from({ length: 60 }, (_, i) => `${round} ${i}`)
  const there = await Promise.all(names.map(name => set.has(name)))
  return names.filter((_, i) => there[i])
}

test('one of three is killed: its view is whole again with what it was answered', async t => {
  const stored = levels()
  const cluster = await clusterOn(stored)
  const [a, b, c] = cluster.sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  const elements = Array.from({ length: 30 }, (_, i) => `e${i}`)
  await Promise.all(elements.map(element => c.add(element)))
  t.equal(c.size, 30)
  const left = await crash(c, stored.get('c')!)
  const again = new ConsistentSet({ id: 'c', members: ids, storage: left })
  cluster.sets[2] = again
  cluster.join('a', 'c')
  cluster.join('b', 'c')
  await comes(() => again.size === 30)
  t.deepEqual([a.size, b.size], [30, 30])
  await cluster.close()
})

test('a reply waits until it is durable, with a quorum; one write at a time takes all that has gathered', async t => {
  const stored = levels()
  const cluster = await clusterOn(stored)
  const [a] = cluster.sets as [ConsistentSet]
  await a.add('warm')
  for (const level of stored.values()) level.hold()
  let answered = 0
  const calls = Array.from({ length: 300 }, (_, i) => a.add(`e${i}`).then(() => { answered++ }))
  await turns(50)
  t.equal(answered, 0)
  stored.get('a')?.release()
  await turns(50)
  t.equal(answered, 0, 'one is no quorum')
  stored.get('b')?.release()
  await within(Promise.all(calls), 'two are')
  stored.get('c')?.release()
  for (const level of stored.values()) {
    t.equal(level.mostAtOnce, 1)
    t.equal(level.unsynced, 0, 'each batch is synced')
    t.ok(level.batches.length < 150, `${level.batches.length} batches for 300 adds`)
  }
  await cluster.close()
})

test('storage that fails: STORAGE_FAILED, for good; nothing is answered that is not stored', async t => {
  const stored = levels()
  const cluster = await clusterOn(stored)
  const [a, b, c] = cluster.sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  await a.add('before')
  await cluster.shows('before')
  const failed = once(c, 'error')
  stored.get('c')!.fails = true
  const codes = Promise.all(Array.from({ length: 30 }, (_, i) => codeOf(() => c.add(`e${i}`))))
  t.equal(((await within(failed, 'an error'))[0] as TendrilError).code, 'STORAGE_FAILED')
  const kinds = new Set(await within(codes, 'the calls'))
  t.deepEqual([...kinds].filter(code => !['STORAGE_FAILED', 'OUTCOME_UNKNOWN', 'nothing'].includes(code)), [])
  stored.get('c')!.fails = false
  for (const method of ['add', 'rem', 'has', 'holder'] as const) t.equal(await codeOf(() => c[method]('x')), 'STORAGE_FAILED')
  t.equal(await codeOf(() => c.flush()), 'STORAGE_FAILED')
  t.ok([...c].includes('before'), 'the local view can still be read')
  await within(Promise.all([a.add('after'), b.has('before')]), 'the others go on')
  await cluster.close()
})

test('storage that fails at a node that is alone: its calls have no known outcome', async t => {
  const level = new LoggedLevel()
  const set = new ConsistentSet({ id: 'a', clusterSize: 1, storage: level })
  await set.add('x')
  set.on('error', () => {})
  level.fails = true
  const error: unknown = await set.add('y', { token: 'mine' }).catch((reason: unknown) => reason)
  t.ok(error instanceof TendrilError)
  if (error instanceof TendrilError) t.deepEqual([error.code, error.token, (error.cause as TendrilError).code], ['OUTCOME_UNKNOWN', 'mine', 'STORAGE_FAILED'])
  t.equal(await codeOf(() => set.add('z')), 'STORAGE_FAILED')
  await set.close()
})

test("another member's storage", async t => {
  const level = new LoggedLevel()
  const set = new ConsistentSet({ id: 'a', clusterSize: 1, storage: level })
  await set.add('x')
  await set.close()
  const other = new ConsistentSet({ id: 'b', clusterSize: 1, storage: level })
  t.equal(await codeOf(() => other.ready()), 'STORAGE_FAILED')
  t.equal(await codeOf(() => other.add('x')), 'STORAGE_FAILED')
  await closeAll(other)
})
