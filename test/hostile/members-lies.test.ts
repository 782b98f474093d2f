import test from 'tape'
import { hashOf } from '../../lib/gossip/retired.js'
import { journal, Village } from '../support/village.js'
import { delta, liar, lifeOf, mark } from './liar.js'

// What one peer says of another one's life that is not so, in frames that are in order.

for (const [what, sourceOf] of [['its name', (name: string) => name], ['the hash of it', hashOf]] as const) {
  test(`a digest beyond what a member ever said, under ${what}: it goes on, with all its facts`, async t => {
    const village = new Village()
    const [target, friend] = [village.member('target', { facts: { own: 1 } }), village.member('friend')]
    await village.chain(target, friend)
    const lies = await liar(village, target)
    const lines = journal(target)
    let lives = 0
    friend.on('restart', () => { lives++ })
    for (let i = 0; i < 100; i++) {
      await lies.say(mark(sourceOf(`target@${await lifeOf(target)}`), 1_000 + i))
      await village.pass(30)
    }
    t.ok(lives <= 5, `${lives} lives in 3 s`)
    target.set('own', 2)
    target.set('more', 3)
    await village.until(() => friend.get('target')?.status === 'alive' && friend.fact('target', 'more') === 3)
    t.deepEqual([...friend.facts('target') ?? []].sort(), [['more', 3], ['own', 2]])
    t.deepEqual([...target.self.facts].sort(), [['more', 3], ['own', 2]])
    const late = village.member('late')
    village.link(late, target)
    await village.until(() => late.alive().length === 3)
    t.equal(late.fact('target', 'own'), 2)
    t.deepEqual(lines.filter(line => /error|conflict|restart/.test(line)), [])
    await village.close()
  })
}

test('facts of a member that it never set are its own no more than anybody else\'s', async t => {
  const village = new Village()
  const [target, friend] = [village.member('target', { facts: { own: 1 } }), village.member('friend')]
  await village.chain(target, friend)
  const lies = await liar(village, target)
  await lies.say(delta(`target@${await lifeOf(target)}`, 1_000, ['6:targetfown', 'stolen'], ['6:targetfnew', 'stolen']))
  await village.pass(2_000)
  for (const member of [target, friend]) t.deepEqual([...member.facts('target') ?? []], [['own', 1]])
  await village.close()
})

test('a member that is declared failed again and again brings no endless lives', async t => {
  const village = new Village()
  const [target, friend] = [village.member('target', { facts: { own: 1 } }), village.member('friend')]
  await village.chain(target, friend)
  const lies = await liar(village, friend)
  await lies.say(delta(lies.source, 1, ['4:liarm', null]))
  let lives = 0
  friend.on('restart', () => { lives++ })
  for (let i = 0; i < 100; i++) {
    await lies.say(delta(lies.source, i + 2, ['4:liarxtarget', [await lifeOf(target), false]]))
    await village.pass(30)
  }
  t.ok(lives >= 2 && lives <= 5, `${lives} lives in 3 s`)
  await village.until(() => friend.get('target')?.status === 'alive')
  t.equal(friend.fact('target', 'own'), 1)
  await village.close()
})
