import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { ClassicLevel } from 'classic-level'
import { MemoryLevel } from 'memory-level'
import type { MembershipOptions } from '../../lib/index.js'
import { code, codeOf } from '../support/failures.js'
import { within } from '../support/waiting.js'
import { ids, journal, Village } from '../support/village.js'

// With storage own facts survive a restart, in a new life.

type Storage = NonNullable<MembershipOptions['storage']>

async function stores (use: (storage: Storage, reopen: () => Promise<Storage>) => Promise<void>): Promise<void> {
  const memory = new MemoryLevel()
  await use(memory, async () => memory)
  const folder = await mkdtemp(join(tmpdir(), 'tendril-members-'))
  let disk = new ClassicLevel(folder)
  await use(disk, async () => {
    await disk.close()
    disk = new ClassicLevel(folder)
    return disk
  })
  await disk.close()
  await rm(folder, { recursive: true })
}

test('a restart keeps own facts and their versions, and takes a greater generation', async t => {
  await stores(async (storage, reopen) => {
    const village = new Village()
    const [a, b] = [village.member('a', { storage, facts: { role: 'db' } }), village.member('b')]
    await within(a.ready(), 'ready')
    await village.chain(a, b)
    a.set('role', 'web')
    const version = a.set('count', 5)
    a.set('bytes', Uint8Array.of(1, 2))
    a.set('gone', 1)
    a.delete('gone')
    a.set('lease', 1, { ttl: 10_000 })
    await village.until(() => b.fact('a', 'lease') === 1)
    const { generation } = a.self
    const lines = journal(b)
    await village.close(a)
    await village.pass(10_000)
    const again = village.member('a', { storage: await reopen(), facts: { start: 2 } })
    await within(again.ready(), 'ready')
    t.equal(again.version('count'), version)
    t.ok(again.self.generation > generation)
    t.deepEqual([...again.self.facts].sort(), [['bytes', Uint8Array.of(1, 2)], ['count', 5], ['role', 'web'], ['start', 2]])
    t.equal(await codeOf(() => again.set('count', 6, { ifVersion: version - 1 })), 'VERSION_CONFLICT')
    t.ok(again.set('count', 6, { ifVersion: version }) > version, 'a version from before is good still')
    village.link(again, b)
    await village.until(() => b.fact('a', 'count') === 6)
    await village.pass(1_000)
    t.deepEqual([...b.facts('a') ?? []].sort(), [...again.self.facts].sort())
    t.deepEqual(lines.filter(line => /^(restart|alive|join|conflict)/.test(line)).sort(), ['alive a', 'restart a'])
    t.equal(again.fact('a', 'lease'), undefined, 'what expired meanwhile has')
    t.equal((await within(codeOf(() => village.close()), 'close')), 'nothing')
  })
})

test('without an id of its own, a member is again who it was', async t => {
  const storage = new MemoryLevel()
  const village = new Village()
  const a = village.member(undefined as unknown as string, { storage, facts: { k: 1 } })
  await within(a.ready(), 'ready')
  const { id } = a
  await village.close(a)
  const again = village.member(undefined as unknown as string, { storage })
  await within(new Promise(resolve => { again.ready(resolve) }), 'ready')
  t.equal(again.id, id)
  t.equal(again.self.id, id)
  t.equal(again.fact(id, 'k'), 1)
  await village.close()
  t.equal(storage.status, 'open', 'a database that was passed in is not closed')
})

test('without an id of its own, a member that starts again is taken in by the others', async t => {
  const storage = new MemoryLevel()
  const village = new Village()
  const unnamed = { storage, address: 'tcp://a', facts: { k: 1, other: 1 } }
  const first = village.member(undefined as unknown as string, unnamed)
  await within(first.ready(), 'ready')
  const { id } = first
  await village.close(first)
  const again = village.member(undefined as unknown as string, unnamed)
  again.set('early', 1)
  again.set('k', 2)
  again.delete('other')
  const b = village.member('b')
  const lines = [again, b].map(journal)
  const pair = village.link(again, b)
  await village.until(() => pair.a.closed || b.fact(id, 'early') === 1)
  t.deepEqual([code(pair.a.errored), code(pair.b.errored)], ['nothing', 'nothing'])
  t.deepEqual([...b.facts(id) ?? []].sort(), [['early', 1], ['k', 2]])
  t.deepEqual([...again.self.facts].sort(), [['early', 1], ['k', 2]])
  t.equal(b.get(id)?.address, 'tcp://a')
  t.deepEqual(lines, [['join b'], [`join ${id}`]])
  again.set('k', 3)
  await village.until(() => b.fact(id, 'k') === 3)
  await village.close()
})

test('others are known from storage, and are not here before they are reached', async t => {
  const storage = new MemoryLevel()
  const village = new Village()
  const [a, b] = [village.member('a', { storage }), village.member('b', { facts: { k: 1 } })]
  await village.chain(a, b)
  await village.close(a, b)
  const again = village.member('a', { storage })
  const lines = journal(again)
  await within(again.ready(), 'ready')
  await village.pass(2_000)
  t.deepEqual(ids(again.alive()), ['a'])
  t.deepEqual(lines, [])
  const back = village.member('b', { facts: { k: 2 } })
  village.link(again, back)
  await village.until(() => again.fact('b', 'k') === 2)
  await village.pass(500)
  t.deepEqual(lines, ['join b'])
  await village.close()
})

test('an eviction survives the restart of whoever said it', async t => {
  const storage = new MemoryLevel()
  const village = new Village()
  const [a, b] = [village.member('a', { storage }), village.member('b')]
  journal(b)
  await village.chain(a, b)
  a.evict('b')
  await village.until(() => b.stats().streams === 0)
  await village.close(a, b)
  const again = village.member('a', { storage })
  await within(again.ready(), 'ready')
  const back = village.member('b')
  const lines = journal(back)
  const { b: stream } = village.link(again, back)
  await village.until(() => stream.closed)
  t.equal(code(stream.errored), 'EVICTED')
  t.deepEqual(lines.filter(line => line.startsWith('error')), ['error EVICTED'])
  const c = village.member('c')
  village.link(again, c)
  await village.until(() => c.alive().length === 2)
  const other = village.member('b')
  journal(other)
  const { b: knocking } = village.link(c, other)
  await village.until(() => knocking.closed)
  t.equal(code(knocking.errored), 'EVICTED', 'and is told to those who come later')
  await village.close()
})

test('those who were put out are known after a restart, as that', async t => {
  const [storage, other] = [new MemoryLevel(), new MemoryLevel()]
  const village = new Village()
  const [a, b, c] = [village.member('a', { storage }), village.member('b', { facts: { k: 1 } }), village.member('c', { storage: other })]
  journal(b)
  await village.chain(a, c, b)
  a.evict('b')
  await village.until(() => b.stats().streams === 0)
  await village.close()
  for (const kept of [storage, other]) {
    const again = new Village()
    const member = again.member(kept === storage ? 'a' : 'c', { storage: kept })
    const lines = journal(member)
    await within(member.ready(), 'ready')
    t.equal(member.get('b')?.status, 'evicted', member.id)
    t.ok(ids(member.all()).includes('b'))
    t.deepEqual([ids(member.alive()), ids(member.dead())], [[member.id], []])
    const { status, timeline } = member.explain('b') ?? {}
    t.deepEqual([status, timeline?.map(({ status, why }) => `${status}: ${why}`)], ['evicted', ['evicted: a put it out']])
    t.equal(await codeOf(() => { member.evict('b') }), 'nothing')
    t.equal(await codeOf(() => { member.fail('b') }), 'nothing')
    const late = again.member('late')
    await again.chain(member, late)
    await again.pass(1_000)
    t.deepEqual(lines, ['join late'])
    await again.close()
  }
})

test('who left with storage is back with it', async t => {
  const storage = new MemoryLevel()
  const village = new Village()
  const [a, b] = [village.member('a', { storage, facts: { k: 1 } }), village.member('b')]
  await village.chain(a, b)
  await within(a.leave(), 'leave')
  await village.close(a)
  const again = village.member('a', { storage })
  village.link(again, b)
  await village.until(() => b.get('a')?.status === 'alive')
  t.equal(again.self.status, 'alive')
  t.equal(b.fact('a', 'k'), 1)
  await village.close()
})

test('before storage is read: a write stands, a compare-and-set waits', async t => {
  const storage = new MemoryLevel()
  const village = new Village()
  const a = village.member('a', { storage, facts: { k: 1, other: 1 } })
  await village.close(a)
  const again = village.member('a', { storage })
  t.equal(await codeOf(() => again.set('k', 2, { ifVersion: 0 })), 'VERSION_CONFLICT')
  again.set('k', 3)
  await within(again.ready(), 'ready')
  t.equal(again.fact('a', 'k'), 3)
  t.equal(again.fact('a', 'other'), 1)
  t.equal(await within(codeOf(() => again.flush()), 'flush'), 'nothing')
  await village.close()
})

for (const failing of ['open', 'read', 'write'] as const) {
  test(`storage that fails (${failing})`, async t => {
    const level: Storage = new MemoryLevel()
    let isFailing = failing !== 'write'
    const storage: Storage = {
      open: async () => { if (failing === 'open') throw new Error('no such disk'); await level.open() },
      sublevel: (...args) => {
        const sublevel = level.sublevel(...args)
        const iterator = sublevel.iterator.bind(sublevel)
        return Object.assign(sublevel, {
          iterator: (options: Parameters<typeof iterator>[0]) => { if (failing === 'read') throw new Error('bad sector'); return iterator(options) }
        })
      },
      batch: async (operations, options) => { if (isFailing) throw new Error('disk full'); await level.batch(operations, options) }
    }
    const village = new Village()
    const a = village.member('a', { storage, facts: { k: 1 } })
    const lines = journal(a)
    const stream = a.createStream()
    const ready = await within(codeOf(() => a.ready()), 'ready')
    t.equal(ready, failing === 'write' ? 'nothing' : 'STORAGE_FAILED')
    if (failing === 'write') {
      await within(a.flush(), 'flush')
      isFailing = true
      a.set('k', 2)
    }
    await village.until(() => stream.closed && lines.includes('error STORAGE_FAILED'))
    t.equal(code(stream.errored), 'STORAGE_FAILED')
    for (const call of [() => a.set('k', 3), () => a.delete('k'), () => { a.fail('x') }, () => a.leave(), () => a.flush()]) {
      t.equal(await codeOf(call), 'STORAGE_FAILED')
    }
    t.equal(a.self.id, 'a', 'it can be read')
    t.deepEqual(lines.filter(line => line.startsWith('error')), ['error STORAGE_FAILED'], 'told once')
    await within(codeOf(() => village.close()), 'close')
    t.equal(await codeOf(() => a.set('k', 3)), 'CLOSED')
  })
}
