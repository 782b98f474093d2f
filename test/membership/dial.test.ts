import test from 'tape'
import type { Membership } from '../../lib/index.js'
import type { Pair } from '../support/pairs.js'
import { journal, Village } from '../support/village.js'

// A member that hears nobody any more looks for the others itself.

interface Star { village: Village, hub: Membership, spokes: Membership[], pairs: Pair[], dialed: Map<string, string[]> }

/** A hub and its spokes, which know each other through it alone; who dials whom, with a connection that comes about. */
async function star (count: number): Promise<Star> {
  const village = new Village()
  const dialed = new Map<string, string[]>()
  const members = new Map<string, Membership>()
  const add = (id: string): Membership => {
    dialed.set(id, [])
    const dial = (address: string, other: string): void => {
      dialed.get(id)?.push(other)
      const [from, to] = [members.get(id), members.get(other)]
      if (address === `tcp://${other}` && from !== undefined && to !== undefined && ![id, other].includes('hub')) village.link(from, to)
    }
    const member = village.member(id, { address: `tcp://${id}`, dial })
    members.set(id, member)
    return member
  }
  const hub = add('hub')
  const spokes = Array.from({ length: count }, (_, i) => add(`spoke-${i}`))
  const pairs = spokes.map(spoke => village.link(hub, spoke))
  await village.until(() => [hub, ...spokes].every(member => member.alive().length === count + 1))
  return { village, hub, spokes, pairs, dialed }
}

function freeze (pairs: readonly Pair[]): void {
  for (const { a, b } of pairs) { a.unpipe(b); b.unpipe(a) }
}

test('the hub of a star falls silent: its spokes find each other, and nobody else dies', async t => {
  const { village, hub, spokes, pairs, dialed } = await star(2)
  const journals = spokes.map(journal)
  freeze(pairs)
  await village.until(() => spokes.every(spoke => spoke.get('hub')?.status === 'dead'))
  await village.pass(3_000)
  for (const [i, spoke] of spokes.entries()) {
    t.deepEqual(spoke.alive().map(({ id }) => id).sort(), ['spoke-0', 'spoke-1'])
    t.deepEqual(journals[i]?.filter(line => line.startsWith('dead')), ['dead hub'])
    const own = dialed.get(spoke.id) ?? []
    t.ok(own.length > 0 && new Set(own).size === own.length, `${spoke.id} dialed ${own.join(', ')}, each once`)
  }
  t.equal(hub.stats().streams, 2)
  await village.close()
})

test('at most six are dialed, and none by who has left or hears somebody', async t => {
  const { village, spokes, pairs, dialed } = await star(9)
  const [left, tied, other] = spokes as [Membership, Membership, Membership]
  village.link(tied, other)
  await left.leave()
  freeze(pairs)
  await village.pass(4_000)
  for (const { id } of spokes.slice(3)) t.ok((dialed.get(id) ?? []).length <= 6, `${id} dialed ${(dialed.get(id) ?? []).length}`)
  t.ok(spokes.slice(3).some(({ id }) => (dialed.get(id) ?? []).length > 0))
  t.deepEqual(dialed.get(left.id), [])
  for (const { id } of [tied, other]) t.deepEqual((dialed.get(id) ?? []).filter(to => to !== 'hub'), [], `${id} hears somebody: it dials whom it is asked to`)
  await village.close()
})
