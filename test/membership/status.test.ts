import test from 'tape'
import { part } from '../support/pairs.js'
import { ids, journal, quick, Village } from '../support/village.js'

// Who is here: join, suspect, dead, alive, reap, and why.

/** What a journal says of statuses. */
const statuses = (lines: readonly string[]): string[] => lines.filter(line => /^(join|alive|suspect|dead|leave|evict|restart|reap|conflict|error) /.test(line))

test('join once a member, with its facts, through a member in the middle as well', async t => {
  const village = new Village()
  const [a, b, c] = ['a', 'b', 'c'].map(id => village.member(id, { facts: { role: `of ${id}` }, address: `tcp://${id}` })) as [ReturnType<Village['member']>, ReturnType<Village['member']>, ReturnType<Village['member']>]
  const journals = [a, b, c].map(journal)
  const seen: unknown[] = []
  a.on('join', ({ id, status, address, facts, generation }) => { seen.push([id, status, address, facts.get('role'), generation > 0]) })
  await village.chain(a, b, c)
  await village.pass(5_000)
  t.deepEqual(seen, [['b', 'alive', 'tcp://b', 'of b', true], ['c', 'alive', 'tcp://c', 'of c', true]])
  t.deepEqual(journals.map(lines => lines.sort()), [['join b', 'join c'], ['join a', 'join c'], ['join a', 'join b']], "no 'alive', and no 'update' for what came with it")
  await village.close()
})

test('a member is listed when it is told, and its facts can be read', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b', { facts: { k: 1 } })]
  const seen: unknown[] = []
  a.on('join', ({ id }) => { seen.push(ids(a.all()), ids(a.alive()), a.fact(id, 'k'), a.get(id)?.status, a.explain(id)?.status) })
  await village.chain(a, b)
  t.deepEqual(seen, [['a', 'b'], ['a', 'b'], 1, 'alive', 'alive'])
  await village.close()
})

test('a lost member is suspect, then dead, and alive when it is back', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c', { facts: { k: 1 } })]
  const [, bc] = await village.chain(a, b, c) as [unknown, Parameters<typeof part>[0]]
  const journals = [a, b, c].map(journal)
  await part(bc)
  await village.pass(200)
  t.deepEqual([a, b].map(member => member.get('c')?.status), ['suspect', 'suspect'])
  t.deepEqual(ids(a.all()), ['a', 'b', 'c'])
  t.deepEqual(ids(a.alive()), ['a', 'b'])
  t.deepEqual(ids(a.dead()), [])
  await village.pass(500)
  t.deepEqual([a, b].map(member => ids(member.dead())), [['c'], ['c']])
  t.deepEqual(ids(c.dead()), ['a', 'b'], 'to the other side, this one is')
  t.deepEqual(ids(c.alive()), ['c'])
  t.equal(a.fact('c', 'k'), 1, 'what it said is remembered')
  t.deepEqual(ids(a.find('k', 1)), ['c'])
  c.set('k', 2)
  c.set('new', 3)
  a.set('other', 4)
  village.link(b, c)
  await village.until(() => a.fact('c', 'k') === 2 && c.fact('a', 'other') === 4)
  await village.pass(2_000)
  t.deepEqual(statuses(journals[0] ?? []), ['suspect c', 'dead c', 'alive c'])
  t.deepEqual(statuses(journals[1] ?? []), ['suspect c', 'dead c', 'alive c'])
  t.deepEqual(statuses(journals[2] ?? []).sort(), ['alive a', 'alive b', 'dead a', 'dead b', 'suspect a', 'suspect b'])
  t.deepEqual(journals[0]?.filter(line => line.startsWith('update')).sort(), ['update a other 4', 'update c k 2', 'update c new 3'])
  await village.close()
})

test('a connection that is back in time was never missed; one that is back late costs no death', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  let [pair] = await village.chain(a, b)
  const journals = [a, b].map(journal)
  await part(pair as Parameters<typeof part>[0])
  await village.pass(50)
  pair = village.link(a, b)
  await village.pass(2_000)
  t.deepEqual(journals, [[], []])
  await part(pair)
  await village.pass(300)
  village.link(a, b)
  await village.pass(2_000)
  t.deepEqual(journals, [['suspect b', 'alive b'], ['suspect a', 'alive a']])
  await village.close()
})

test('one link of a member is cut, another one is left: alive for everyone, always', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  const [ab] = await village.chain(a, b, c) as [Parameters<typeof part>[0]]
  village.link(a, c)
  await village.pass(500)
  const journals = [a, b, c].map(journal)
  await part(ab)
  await village.pass(5_000)
  t.deepEqual(journals, [[], [], []])
  t.deepEqual(a.explain('b')?.heardBy, ['c'])
  await village.close()
})

test('a member whose link is silent is heard no more: the stream stays open', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  const streams = [a.createStream(), b.createStream()] as const
  streams[0].pipe(streams[1]).pipe(streams[0])
  await village.until(() => a.alive().length === 2)
  const lines = journal(a)
  streams[1].unpipe(streams[0])
  await village.pass(300)
  t.deepEqual(lines, [], 'a pause that a live peer may make')
  await village.until(() => a.dead().length === 1)
  t.deepEqual(lines, ['suspect b', 'dead b'])
  t.ok((a.explain('b')?.phi ?? 0) >= 8, 'phi has passed the threshold')
  streams[1].pipe(streams[0])
  await village.until(() => a.alive().length === 2)
  t.deepEqual(lines, ['suspect b', 'dead b', 'alive b'])
  t.ok(!streams[0].destroyed && !streams[1].destroyed)
  await village.close()
})

test('explain', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  const pairs = await village.chain(a, b, c)
  const born = village.clock.wall()
  await village.pass(1_000)
  const explanation = a.explain('b')
  t.equal(explanation?.status, 'alive')
  t.deepEqual([...explanation?.heardBy ?? []].sort(), ['a', 'c'])
  t.ok(explanation?.phi !== undefined && explanation.phi >= 0 && explanation.phi < 1)
  t.ok(explanation?.since instanceof Date && Math.abs(explanation.since.getTime() - born) <= 1_000)
  const far = a.explain('c')
  t.deepEqual(far?.heardBy, ['b'])
  t.equal(far?.phi, undefined, 'there is no session with it')
  t.equal(a.explain('a')?.status, 'alive')
  t.equal(a.explain('a')?.phi, undefined)
  await part(pairs[1] as Parameters<typeof part>[0])
  await village.until(() => a.dead().length === 1)
  const { status, since, heardBy, timeline } = a.explain('c') ?? { timeline: [] }
  t.equal(status, 'dead')
  t.deepEqual(heardBy, [])
  t.deepEqual(timeline.map(({ status }) => status), ['alive', 'suspect', 'dead'])
  t.ok(timeline.every(({ at, why }) => at instanceof Date && typeof why === 'string' && why !== ''))
  t.deepEqual(timeline.at(-1)?.at, since)
  t.equal((timeline[2]?.at.getTime() ?? 0) - (timeline[1]?.at.getTime() ?? 0), quick.suspectMs)
  ;(timeline as unknown[]).length = 0
  ;(heardBy as string[] | undefined)?.push('x')
  t.equal(a.explain('c')?.timeline.length, 3, 'what was handed out is a copy')
  await village.close()
})

test('close() without leave() is a crash, noticed at once', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  await village.chain(a, b, c)
  const lines = journal(a)
  await village.close(c)
  await village.pass(250)
  t.deepEqual(lines, ['suspect c'])
  await village.pass(quick.suspectMs)
  t.deepEqual(lines, ['suspect c', 'dead c'])
  await village.close()
})

test('after the retention the dead are forgotten, and join again if they come back', async t => {
  const village = new Village()
  const brief = { retentionMs: 2_000 }
  const [a, b, c] = [village.member('a', brief), village.member('b', brief), village.member('c', { ...brief, facts: { k: 1 } })]
  const pairs = await village.chain(a, b, c)
  const { entries } = a.stats()
  const journals = [a, b].map(journal)
  await part(pairs[1] as Parameters<typeof part>[0])
  await village.pass(1_900)
  t.deepEqual(ids(a.dead()), ['c'])
  await village.pass(2_500)
  for (const [i, member] of [a, b].entries()) {
    t.deepEqual(journals[i], ['suspect c', 'dead c', 'reap c'])
    t.equal(member.get('c'), undefined)
    t.deepEqual(ids(member.all()), ['a', 'b'])
    t.equal(member.facts('c'), undefined)
    t.equal(member.explain('c'), undefined)
    t.deepEqual(member.find('k'), [])
  }
  t.ok(a.stats().entries < entries)
  t.equal(a.stats().members, 2)
  await village.close(c)
  village.link(b, village.member('c', { ...brief, facts: { k: 2 } }))
  await village.until(() => a.fact('c', 'k') === 2)
  await village.pass(1_000)
  for (const lines of journals) {
    t.equal(lines.filter(line => line === 'join c').length, 1)
    t.deepEqual(statuses(lines), ['suspect c', 'dead c', 'reap c', 'join c'])
  }
  await village.close()
})

test('a healed partition: each side saw the other die, nobody who died meanwhile is alive', async t => {
  const village = new Village()
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(id => village.member(id))
  const pairs = await village.chain(...all)
  const [a, , , d] = all as [typeof all[0], unknown, unknown, typeof all[0]] & typeof all
  const journals = all.map(journal)
  await part(pairs[2] as Parameters<typeof part>[0])
  await village.until(() => all.every(member => member.dead().length === 3))
  await village.close(all[5] as typeof all[0])
  await village.until(() => d.dead().length === 4)
  village.link(a, d)
  const living = all.slice(0, 5)
  await village.until(() => living.every(member => member.alive().length === 5))
  await village.pass(3_000)
  t.deepEqual(statuses(journals[0] ?? []).sort(), ['d', 'e'].flatMap(id => [`alive ${id}`, `dead ${id}`, `suspect ${id}`]).concat('dead f', 'suspect f').sort())
  for (const member of living) t.deepEqual(ids(member.dead()), ['f'])
  await village.close()
})

test('wall clocks that jump a day either way change no status', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  await village.chain(a, b, c)
  const journals = [a, b, c].map(journal)
  for (const ms of [86_400_000, -2 * 86_400_000, 86_400_000]) {
    village.clock.jump(ms)
    await village.pass(2_000)
  }
  t.deepEqual(journals, [[], [], []])
  b.set('k', 1)
  await village.until(() => a.fact('b', 'k') === 1 && c.fact('b', 'k') === 1)
  await village.close()
})

test("'dial' is called where another member has lost its connection", async t => {
  const village = new Village()
  const dialled: unknown[] = []
  const [a, c] = [village.member('a'), village.member('c', { address: 'tcp://c' })]
  const b = village.member('b', {
    dial: (address, id) => {
      dialled.push([address, id])
      village.link(b, c)
    }
  })
  village.link(a, b)
  const pair = village.link(a, c)
  await village.until(() => [a, b, c].every(member => member.alive().length === 3))
  const journals = [a, b, c].map(journal)
  await part(pair)
  await village.pass(3_000)
  t.deepEqual(dialled, [['tcp://c', 'c']])
  t.deepEqual(journals.map(lines => lines.filter(line => line.startsWith('dead'))), [[], [], []], 'nobody died')
  await village.close()
})
