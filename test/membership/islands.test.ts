import test from 'tape'
import type { Membership } from '../../lib/index.js'
import { part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { ids, Village } from '../support/village.js'

// Those who were apart for longer than each remembers the other.

test('an island that comes back after the retention is whole again, by later lives', async t => {
  const village = new Village()
  const brief = { retentionMs: 2_000 }
  const all = ['a', 'b', 'c', 'd'].map(id => village.member(id, { ...brief, facts: { of: id } }))
  const [, b, c] = all as [Membership, Membership, Membership]
  const [, middle] = await village.chain(...all)
  await part(middle as Pair)
  await village.until(() => all.every(member => member.all().length === 2))
  c.set('news', 1)
  const generations = all.map(({ self }) => self.generation)
  village.link(b, c)
  await village.until(() => all.every(member => member.alive().length === 4))
  await village.pass(2_000)
  for (const member of all) {
    t.deepEqual(ids(member.alive()), ['a', 'b', 'c', 'd'])
    for (const { id } of all) t.equal(member.fact(id, 'of'), id, `what ${id} says, at ${member.id}`)
    t.equal(member.fact('c', 'news'), 1)
  }
  t.ok(all.every(({ self }, i) => self.generation > (generations[i] ?? 0)), 'each a generation up')
  await village.close()
})

test('when each has long retired the other, too', async t => {
  const village = new Village()
  const [a, b] = ['a', 'b'].map(id => village.member(id, { retentionMs: 1_000, facts: { of: id } })) as [Membership, Membership]
  const [only] = await village.chain(a, b)
  await part(only as Pair)
  await village.pass(8_000)
  t.deepEqual([a, b].map(member => member.all().length), [1, 1])
  village.link(a, b)
  await village.until(() => a.alive().length === 2 && b.alive().length === 2)
  t.deepEqual([a.fact('b', 'of'), b.fact('a', 'of')], ['b', 'a'])
  await village.close()
})
