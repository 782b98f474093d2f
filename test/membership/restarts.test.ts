import test from 'tape'
import { part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { journal, Village } from '../support/village.js'

// A life that begins: `restart` brings its facts, as `join` does, and events follow it.

/** Notes with which facts each `restart` came, beside what a journal has. */
function factsAtRestart (member: ReturnType<Village['member']>): unknown[] {
  const seen: unknown[] = []
  member.on('restart', ({ id, facts }) => { seen.push([id, ...[...facts].sort()]) })
  return seen
}

test('a restart is told before anything of the new life, with all that it says', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  const c = village.member('c', { facts: { old: 1, both: 1 } })
  await village.chain(a, b, c)
  const journals = [a, b].map(journal)
  const seen = [a, b].map(factsAtRestart)
  await village.close(c)
  const again = village.member('c', { facts: { both: 2, fresh: 1 } })
  again.set('gone', 1)
  again.delete('gone')
  village.link(b, again)
  await village.until(() => [a, b].every(member => member.fact('c', 'fresh') === 1))
  await village.pass(1_000)
  for (const lines of journals) t.deepEqual(lines.filter(line => !/^(suspect|alive)/.test(line)), ['restart c'])
  for (const facts of seen) t.deepEqual(facts, [['c', ['both', 2], ['fresh', 1]]])
  again.set('fresh', 2)
  await village.until(() => a.fact('c', 'fresh') === 2)
  t.deepEqual(journals[0]?.filter(line => !/^(suspect|alive)/.test(line)), ['restart c', 'update c fresh 2'], 'and from then on each change')
  await village.close()
})

test('one that was dead: restart, then alive, and no update between them', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c', { facts: { k: 1 } })]
  await village.chain(a, b, c)
  await village.close(c)
  await village.until(() => [a, b].every(member => member.dead().length === 1))
  const journals = [a, b].map(journal)
  village.link(b, village.member('c', { facts: { k: 2 } }))
  await village.until(() => a.fact('c', 'k') === 2)
  await village.pass(1_000)
  t.deepEqual(journals, [['restart c', 'alive c'], ['restart c', 'alive c']])
  await village.close()
})

test('one that was declared failed, with facts for many frames', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  await village.chain(a, b, c)
  for (let i = 0; i < 40; i++) c.set(`k${i}`, 'x'.repeat(1_000))
  await village.until(() => a.facts('c')?.size === 40)
  const [{ generation }, journals, seen] = [c.self, [a, b].map(journal), [a, b].map(factsAtRestart)]
  a.fail('c')
  await village.until(() => [a, b].every(member => (member.get('c')?.generation ?? 0) > generation && member.alive().length === 3))
  await village.pass(1_000)
  for (const lines of journals) t.deepEqual(lines, ['dead c', 'restart c', 'alive c'])
  for (const facts of seen) t.equal((facts[0] as unknown[]).length, 41, 'all of them')
  await village.close()
})

test('what a life says that is known only by hearsay makes no events before it is reached', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c', { facts: { k: 1 } })]
  const pairs = await village.chain(a, b, c)
  await village.close(c)
  await village.until(() => a.dead().length === 1)
  await part(pairs[0] as Pair)
  const again = village.member('c', { facts: { k: 2 } })
  const toB = village.link(b, again)
  await village.until(() => b.fact('c', 'k') === 2)
  await part(toB)
  await village.until(() => b.dead().length === 2)
  const lines = journal(a)
  village.link(a, b)
  await village.until(() => a.get('c')?.generation === again.self.generation)
  await village.pass(1_000)
  t.deepEqual(lines.filter(line => line.includes(' c')), [])
  again.set('k', 3)
  village.link(b, again)
  await village.until(() => a.fact('c', 'k') === 3)
  await village.pass(1_000)
  t.deepEqual(lines.filter(line => line.includes(' c')), ['restart c', 'alive c'])
  await village.close()
})
