import test from 'tape'
import type { Membership } from '../../lib/index.js'
import { code, codeOf } from '../support/failures.js'
import { part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { within } from '../support/waiting.js'
import { ids, journal, Village } from '../support/village.js'

// How a life ends, and what comes after it: leave, fail, evict, restart.

type Three = [Membership, Membership, Membership]

async function three (village: Village): Promise<{ all: Three, pairs: Pair[] }> {
  const all = ['a', 'b', 'c'].map(id => village.member(id, { facts: { from: id } })) as Three
  return { all, pairs: await village.chain(...all) }
}

test('who leaves is left everywhere, never suspect, never dead', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  const journals = [a, b].map(journal)
  await within(c.leave(), 'leave')
  await village.until(() => a.get('c')?.status === 'left')
  await village.close(c)
  await village.pass(3_000)
  for (const [i, member] of [a, b].entries()) {
    t.deepEqual(journals[i], ['leave c'])
    t.equal(member.get('c')?.status, 'left')
    t.deepEqual(ids(member.alive()), ['a', 'b'])
    t.deepEqual(ids(member.dead()), [])
    t.deepEqual(ids(member.all()), ['a', 'b', 'c'])
    t.equal(member.explain('c')?.status, 'left')
  }
  const late = village.member('late')
  village.link(late, a)
  await village.until(() => late.alive().length === 3)
  t.notEqual(late.get('c')?.status, 'alive', 'nor to those who come later')
  await village.close()
})

test('leave: with a callback, twice, alone, after close', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  t.equal(await within(new Promise(resolve => { c.leave(resolve) }), 'leave'), undefined)
  await village.until(() => a.get('c')?.status === 'left')
  t.equal(await codeOf(() => within(c.leave(), 'again')), 'nothing')
  const alone = village.member('alone')
  t.equal(await codeOf(() => within(alone.leave(), 'alone')), 'nothing')
  await village.close(b)
  t.equal(await codeOf(() => b.leave()), 'CLOSED')
  const called = new Promise(resolve => { b.leave(resolve) })
  t.equal(code(await within(called, 'callback')), 'CLOSED')
  await village.close()
})

test('leave() does not wait for those who are gone', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  const [pair] = await village.chain(a, b) as [Pair]
  pair.a.unpipe(pair.b)
  let hasLeft = false
  const left = a.leave().then(() => { hasLeft = true })
  await village.pass(100)
  t.notOk(hasLeft, 'nobody has it yet')
  await part(pair)
  t.equal(await codeOf(() => within(left, 'leave')), 'nothing')
  await village.close()
})

test('close() right behind leave() is as good as waiting for it', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  const journals = [a, b].map(journal)
  const left = codeOf(() => c.leave())
  await village.close(c)
  t.equal(await within(left, 'leave'), 'nothing')
  await village.pass(2_000)
  t.deepEqual(journals, [['leave c'], ['leave c']])
  await village.close()
})

test('who left comes back under its id: a new life', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  const { generation } = c.self
  await within(c.leave(), 'leave')
  await village.close(c)
  const journals = [a, b].map(journal)
  const again = village.member('c', { facts: { from: 'a new life' } })
  village.link(b, again)
  await village.until(() => [a, b].every(member => member.get('c')?.status === 'alive'))
  t.ok(again.self.generation > generation)
  for (const [i, member] of [a, b].entries()) {
    t.equal(member.get('c')?.generation, again.self.generation)
    t.equal(member.fact('c', 'from'), 'a new life')
    t.deepEqual(journals[i]?.filter(line => !line.startsWith('update')).sort(), ['alive c', 'restart c'])
  }
  await village.close()
})

test('fail: dead at the caller too, and back by itself a generation up', async t => {
  const village = new Village()
  const { all } = await three(village)
  const [a, b, c] = all
  c.set('later', 1)
  await village.until(() => a.fact('c', 'later') === 1)
  const { generation } = c.self
  const journals = all.map(journal)
  a.fail('c')
  t.deepEqual(journals[0], ['dead c'])
  t.equal(a.get('c')?.status, 'dead')
  t.deepEqual(ids(a.dead()), ['c'])
  await village.until(() => all.every(member => member.alive().length === 3 && (member.get('c')?.generation ?? 0) > generation))
  await village.pass(2_000)
  for (const i of [0, 1]) t.deepEqual(journals[i]?.filter(line => !line.startsWith('update')).sort(), ['alive c', 'dead c', 'restart c'])
  t.equal(new Set(all.map(member => member.get('c')?.generation)).size, 1)
  for (const member of [a, b]) {
    t.equal(member.fact('c', 'from'), 'c')
    t.equal(member.fact('c', 'later'), 1, 'it says again what it said')
  }
  c.set('later', 2)
  await village.until(() => a.fact('c', 'later') === 2)
  t.deepEqual(a.explain('c')?.timeline.map(({ status }) => status), ['alive', 'dead', 'alive'])
  const again = c.self.generation
  a.fail('c')
  b.fail('c')
  await village.until(() => all.every(member => member.alive().length === 3 && (member.get('c')?.generation ?? 0) > again))
  t.deepEqual(journals[2]?.filter(line => /error|conflict|evict/.test(line)), [])
  await village.close()
})

test('fail of oneself: another life, at once here, and a restart to the others', async t => {
  const village = new Village()
  const { all: [a, , c] } = await three(village)
  const [{ generation }, lines, own] = [c.self, journal(a), journal(c)]
  c.fail('c')
  t.ok(c.self.generation > generation)
  t.equal(c.self.status, 'alive')
  await village.until(() => a.get('c')?.generation === c.self.generation)
  await village.pass(1_000)
  t.deepEqual([lines.filter(line => !/^(suspect|alive)/.test(line)), own], [['restart c'], []])
  t.equal(a.fact('c', 'from'), 'c')
  await village.close()
})

test('who is gone and was declared failed comes back as well', async t => {
  const village = new Village()
  const { all: [a, b, c], pairs } = await three(village)
  await part(pairs[1] as Pair)
  await village.until(() => a.dead().length === 1)
  a.fail('c')
  await village.pass(500)
  village.link(b, c)
  await village.until(() => [a, b, c].every(member => member.alive().length === 3))
  await village.pass(1_000)
  t.deepEqual(ids(a.alive()), ['a', 'b', 'c'])
  await village.close()
})

test('evict: told everywhere, its streams are refused, it stops', async t => {
  const village = new Village()
  const { all, pairs } = await three(village)
  const [a, b, c] = all
  const journals = all.map(journal)
  a.evict('c')
  t.equal(a.get('c')?.status, 'evicted', 'at once here')
  await village.until(() => c.stats().streams === 0 && b.stats().streams === 1)
  await village.pass(2_000)
  t.deepEqual(journals.map(lines => lines.filter(line => !/^(suspect|dead) [ab]/.test(line))), [['evict c'], ['evict c'], ['error EVICTED']])
  t.deepEqual(journals.map(({ length }) => length), [1, 1, 5], 'to it the others are lost')
  t.equal(code((pairs[1] as Pair).a.errored), 'PREMATURE_CLOSE')
  t.equal(code((pairs[1] as Pair).b.errored), 'EVICTED')
  for (const member of [a, b]) {
    t.equal(member.get('c')?.status, 'evicted')
    t.deepEqual(ids(member.alive()), ['a', 'b'])
    t.deepEqual(ids(member.dead()), [])
    t.deepEqual(ids(member.all()), ['a', 'b', 'c'])
  }
  for (const call of [() => c.set('k', 1), () => c.delete('from'), () => { c.fail('a') }, () => c.leave()]) t.equal(await codeOf(call), 'EVICTED')
  t.equal(c.fact('c', 'from'), 'c', 'what it holds can be read')
  const { a: again, b: other } = village.link(c, b)
  await village.until(() => again.closed && other.closed)
  t.equal(code(again.errored), 'EVICTED')
  a.set('k', 1)
  await village.until(() => b.fact('a', 'k') === 1)
  await village.close()
})

/** Tries to come back as `id` through `door`; what the structure and its stream are told. */
async function comeBack (village: Village, id: string, door: Membership): Promise<{ lines: string[], errored: string, known: number }> {
  const back = village.member(id)
  const lines = journal(back)
  const { a: stream } = village.link(back, door)
  await village.until(() => stream.closed)
  await village.pass(500)
  const known = back.all().length
  await village.close(back)
  return { lines: lines.filter(line => line.startsWith('error')), errored: code(stream.errored), known }
}

test('who was put out does not come back under its id: at no door, nor when the evictor has left', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  journal(c)
  a.evict('c')
  await village.until(() => b.get('c')?.status === 'evicted')
  await village.close(c)
  const late = village.member('late')
  village.link(late, b)
  await village.until(() => late.alive().length === 3)
  const refused = { lines: ['error EVICTED'], errored: 'EVICTED', known: 1 }
  for (const door of [a, b, late]) t.deepEqual(await comeBack(village, 'c', door), refused)
  await within(a.leave(), 'leave')
  await village.close(a)
  await village.pass(1_000)
  t.deepEqual(await comeBack(village, 'c', b), refused)
  const later = village.member('later')
  village.link(later, late)
  await village.until(() => later.alive().length === 3)
  await village.pass(1_000)
  t.deepEqual(await comeBack(village, 'c', later), refused, 'one who never met the evictor')
  t.deepEqual(ids(later.alive()), ['b', 'late', 'later'])
  await village.close()
})

test('an eviction stands when the evictor crashes and starts anew without storage', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  journal(c)
  a.evict('c')
  await village.until(() => b.get('c')?.status === 'evicted')
  await village.close(c, a)
  const again = village.member('a')
  village.link(again, b)
  await village.until(() => b.get('a')?.generation === again.self.generation && again.alive().length === 2)
  const late = village.member('late')
  village.link(late, again)
  await village.until(() => late.alive().length === 3)
  await village.pass(2_000)
  for (const door of [again, b, late]) t.equal((await comeBack(village, 'c', door)).errored, 'EVICTED', door.id)
  await village.close()
})

test('fail() after evict() takes nothing back; evict() of who is dead or left holds', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  await village.close(c)
  await village.until(() => a.dead().length === 1)
  const journals = [a, b].map(journal)
  a.evict('c')
  await village.until(() => b.get('c')?.status === 'evicted')
  a.fail('c')
  b.fail('c')
  await village.pass(1_000)
  t.deepEqual(journals, [['evict c'], ['evict c']])
  const late = village.member('late')
  village.link(late, a)
  await village.until(() => late.alive().length === 3)
  await village.pass(500)
  for (const door of [a, b, late]) t.equal((await comeBack(village, 'c', door)).errored, 'EVICTED')
  await village.close()
})

test('a restart under the same id: the old life is gone, the new values win', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  for (let i = 0; i < 5; i++) c.set('count', i)
  c.set('old', 1)
  await village.until(() => a.fact('c', 'old') === 1)
  const { generation } = c.self
  const journals = [a, b].map(journal)
  await village.close(c)
  const again = village.member('c', { facts: { from: 'anew' }, address: 'tcp://new' })
  again.set('count', 0)
  village.link(b, again)
  await village.until(() => a.fact('c', 'from') === 'anew')
  await village.pass(1_000)
  t.ok(again.self.generation > generation)
  for (const [i, member] of [a, b].entries()) {
    t.deepEqual([...member.facts('c') ?? []].sort(), [['count', 0], ['from', 'anew']])
    t.equal(member.get('c')?.address, 'tcp://new')
    t.equal(journals[i]?.filter(line => line === 'restart c').length, 1)
    t.deepEqual(journals[i]?.filter(line => /^(dead|join|conflict|leave)/.test(line)), [])
  }
  t.deepEqual(again.facts('c')?.get('old'), undefined)
  t.deepEqual(ids(again.alive()), ['a', 'b', 'c'])
  await village.close()
})

test('a generation is greater than those before even where the clock went back', async t => {
  const village = new Village()
  const { all: [a, b, c] } = await three(village)
  const { generation } = c.self
  c.set('old', 1)
  await village.until(() => a.fact('c', 'old') === 1)
  await village.close(c)
  village.clock.jump(-30_000)
  const again = village.member('c', { facts: { from: 'the past' } })
  village.link(b, again)
  await village.until(() => a.fact('c', 'from') === 'the past')
  await village.pass(1_000)
  t.ok((a.get('c')?.generation ?? 0) > generation)
  t.equal(a.fact('c', 'old'), undefined)
  for (const member of [a, b, again]) t.deepEqual(ids(member.alive()), ['a', 'b', 'c'])
  await village.close()
})
