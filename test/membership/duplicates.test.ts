import test from 'tape'
import { code, codeOf } from '../support/failures.js'
import { journal, Village } from '../support/village.js'

// Two live holders of one id: the greater life goes on, the other one is told.

test('connected to different nodes: one conflict a node, the same winner everywhere, the loser is told', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  await village.chain(a, b)
  const journals = [a, b].map(journal)
  const first = village.member('same', { facts: { which: 'first' } })
  const firstLines = journal(first)
  const { a: firstStream } = village.link(first, a)
  await village.until(() => b.fact('same', 'which') === 'first')
  await village.pass(50)
  const second = village.member('same', { facts: { which: 'second' } })
  const secondLines = journal(second)
  village.link(second, b)
  await village.until(() => firstLines.includes('error DUPLICATE_ID'))
  await village.until(() => [a, b].every(member => member.fact('same', 'which') === 'second'))
  await village.pass(3_000)
  for (const lines of journals) {
    t.equal(lines.filter(line => line === 'conflict same').length, 1)
    t.deepEqual(lines.filter(line => /^(dead|leave|evict)/.test(line)), [])
  }
  for (const member of [a, b]) {
    t.equal(member.get('same')?.generation, second.self.generation)
    t.equal(member.get('same')?.status, 'alive')
    t.equal(member.alive().length, 3)
  }
  t.deepEqual(firstLines.filter(line => line.startsWith('error')), ['error DUPLICATE_ID'])
  t.deepEqual(secondLines.filter(line => line.startsWith('error')), [])
  t.ok(firstStream.destroyed, 'its streams are destroyed')
  t.equal(code(firstStream.errored), 'DUPLICATE_ID')
  t.equal(first.stats().streams, 0)
  t.equal(await codeOf(() => first.set('k', 1)), 'DUPLICATE_ID')
  second.set('which', 'still me')
  await village.until(() => a.fact('same', 'which') === 'still me')
  await village.close()
})

test('connected to each other: the lesser life is told, the other one goes on', async t => {
  for (const order of ['older dials', 'younger dials']) {
    const village = new Village()
    const older = village.member('same')
    const friend = village.member('friend')
    await village.pass(1_000)
    const younger = village.member('same')
    await village.chain(younger, friend)
    const [olderLines, youngerLines] = [journal(older), journal(younger)]
    const { a, b } = order === 'older dials' ? village.link(older, younger) : village.link(younger, older)
    await village.until(() => a.closed && b.closed)
    await village.pass(500)
    const [lesser, greater] = order === 'older dials' ? [a, b] : [b, a]
    t.deepEqual([code(lesser.errored), code(greater.errored)], ['DUPLICATE_ID', 'PREMATURE_CLOSE'], order)
    t.deepEqual(olderLines.slice(0, 2), ['conflict same', 'error DUPLICATE_ID'])
    t.deepEqual(youngerLines, ['conflict same'])
    t.equal(await codeOf(() => older.set('k', 1)), 'DUPLICATE_ID')
    younger.set('k', 1)
    await village.until(() => friend.fact('same', 'k') === 1)
    await village.close()
  }
})

test('connected to each other with a secret: a stranger with the same id stops nobody', async t => {
  const village = new Village()
  const older = village.member('same', { secret: 'right' })
  await village.pass(1_000)
  const younger = village.member('same', { secret: 'wrong' })
  const lines = [older, younger].map(journal)
  const { a, b } = village.link(older, younger)
  await village.until(() => a.closed && b.closed)
  t.deepEqual([code(a.errored), code(b.errored)], ['AUTH_FAILED', 'AUTH_FAILED'])
  t.deepEqual(lines, [[], []])
  older.set('k', 1)
  younger.set('k', 1)
  await village.close()
})

test('a quick restart is no conflict: the old life is gone, or soon will be', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c', { facts: { life: 1 } })]
  await village.chain(a, b, c)
  const journals = [a, b].map(journal)
  for (let life = 2; life < 6; life++) {
    const last = village.member('c', { facts: { life } })
    const lines = journal(last)
    if (life === 2) await village.close(c)
    village.link(last, life % 2 === 0 ? a : b)
    await village.until(() => a.fact('c', 'life') === life && b.fact('c', 'life') === life)
    await village.pass(300)
    t.deepEqual(lines.filter(line => /^(error|conflict)/.test(line)), [])
    await village.close(last)
  }
  for (const lines of journals) t.deepEqual(lines.filter(line => /^(conflict|join)/.test(line)), [])
  await village.close()
})
