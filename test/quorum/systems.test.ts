import fc from 'fast-check'
import test from 'tape'
import { joint, majority, reachedByQuorum } from '../../lib/quorum/systems.js'
import type { QuorumSystem } from '../../lib/quorum/systems.js'

const ids = 'abcdefgh'

function subsets (members: readonly string[]): Array<Set<string>> {
  return Array.from({ length: 2 ** members.length }, (_, bits) => new Set(members.filter((_, i) => (bits >> i) % 2 === 1)))
}

function allMeet (one: QuorumSystem, other: QuorumSystem): boolean {
  const others = subsets(other.members).filter(set => other.isQuorum(set))
  return subsets(one.members).filter(set => one.isQuorum(set)).every(set => others.every(second => [...set].some(id => second.has(id))))
}

const systems = fc.record({ members: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 6 }), tieBreaker: fc.boolean() })
  .map(({ members, tieBreaker }) => majority(members, tieBreaker))

test('any two quorums of one system meet', t => {
  fc.assert(fc.property(systems, system => allMeet(system, system)))
  t.end()
})

test('the quorums of a joint system meet those of both its neighbours', t => {
  fc.assert(fc.property(systems, systems, (before, after) => {
    const both = joint(before, after)
    return allMeet(both, before) && allMeet(both, after) && allMeet(both, both)
  }), { numRuns: 40 })
  t.end()
})

test('without a joint system, neighbours with a tie-breaker may miss each other', t => {
  t.notOk(allMeet(majority(['1', '2', '3'], true), majority(['0', '1', '2', '3'], true)))
  t.end()
})

test('half of an even number suffices with the tie-breaker, from four on', t => {
  const four = majority(['d', 'b', 'c', 'a'], true)
  t.ok(four.isQuorum(new Set(['a', 'd'])))
  t.notOk(four.isQuorum(new Set(['b', 'c'])))
  t.notOk(majority(['a', 'b'], true).isQuorum(new Set(['a'])), 'of two, both')
  t.notOk(majority(['a', 'b', 'c', 'd'], false).isQuorum(new Set(['a', 'd'])), 'unless it is switched off')
  t.notOk(four.isQuorum(new Set(['x', 'y', 'z', 'b'])), 'strangers do not count')
  t.end()
})

test('what a quorum has reached is what its slowest member has', t => {
  const at = new Map([['a', 5], ['b', 3], ['c', 9]])
  t.equal(reachedByQuorum(majority(['a', 'b', 'c'], true), id => at.get(id) ?? 0), 5)
  t.end()
})
