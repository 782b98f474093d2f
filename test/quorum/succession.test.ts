import test from 'tape'
import { sealed } from '../../lib/quorum/configuration.js'
import type { Configuration } from '../../lib/quorum/configuration.js'
import { Succession } from '../../lib/quorum/succession.js'
import { majority } from '../../lib/quorum/systems.js'
import { termOf } from '../../lib/quorum/terms.js'

// What follows an epoch: the sentences of Paxos Made Simple, one after the other.

const system = majority(['a', 'b', 'c'], true)
const value = (name: string): Configuration => sealed([{ id: name, store: 'store' }], true)
const [one, two] = [value('one'), value('two')]
const [first, second, third] = [termOf(1, 'a', 1), termOf(2, 'b', 1), termOf(3, 'c', 1)]

test('an acceptor promises to no ballot below one that it has promised, and accepts none', t => {
  const acceptor = new Succession()
  t.ok(acceptor.isUntouched)
  t.deepEqual(acceptor.prepare(second), { type: 'next-promise', ballot: second, accepted: undefined })
  t.deepEqual(acceptor.prepare(first), { type: 'next-refuse', ballot: second })
  t.deepEqual(acceptor.accept(first, one), { type: 'next-refuse', ballot: second })
  t.equal(acceptor.accepted, undefined)
  t.deepEqual(acceptor.prepare(second), { type: 'next-promise', ballot: second, accepted: undefined }, 'a message may come twice')
  t.deepEqual(acceptor.accept(third, one), { type: 'next-accepted', ballot: third }, 'without a promise before, that is one')
  t.deepEqual(acceptor.prepare(second), { type: 'next-refuse', ballot: third })
  t.deepEqual([acceptor.promised, acceptor.heard, acceptor.isUntouched], [third, third, false])
  t.end()
})

test('it tells what it has accepted, of the greatest ballot', t => {
  const acceptor = new Succession()
  acceptor.accept(first, one)
  acceptor.accept(second, two)
  t.deepEqual(acceptor.prepare(third), { type: 'next-promise', ballot: third, accepted: { ballot: second, configuration: two } })
  t.end()
})

test('a proposer takes the value of the greatest ballot that a quorum tells of, or its own if there is none', t => {
  const cases: ReadonlyArray<readonly [what: string, told: ReadonlyArray<readonly [ballot: string, configuration: Configuration] | undefined>, proposed: Configuration]> = [
    ['none', [undefined, undefined], value('mine')],
    ['one', [[first, one], undefined], one],
    ['the greater of two', [[first, one], [second, two]], two],
    ['in whatever order', [[second, two], [first, one]], two]
  ]
  for (const [what, told, proposed] of cases) {
    const proposer = new Succession()
    proposer.propose(third, value('mine'))
    const quorum = told.map((accepted, i) => proposer.heardPromise('abc'.charAt(i), third, accepted && { ballot: accepted[0], configuration: accepted[1] }, system))
    t.deepEqual(quorum, [false, true], what)
    t.deepEqual(proposer.ask('c'), { type: 'next-accept', ballot: third, configuration: proposed })
  }
  t.end()
})

test('a value is decided once a quorum accepted it under one ballot', t => {
  const proposer = new Succession()
  proposer.propose(second, one)
  t.deepEqual(proposer.ask('a'), { type: 'next-prepare', ballot: second })
  t.equal(proposer.heardAccepted('a', second, system), undefined, 'nothing was proposed yet')
  t.notOk(proposer.heardPromise('a', first, undefined, system), 'to another ballot')
  t.notOk(proposer.heardPromise('a', second, undefined, system))
  t.notOk(proposer.heardPromise('a', second, undefined, system), 'one member counts once')
  t.notOk(proposer.heardPromise('x', second, undefined, system), 'a stranger does not count')
  t.equal(proposer.ask('a'), undefined, 'who has promised is not asked again')
  t.ok(proposer.heardPromise('b', second, undefined, system))
  t.notOk(proposer.heardPromise('c', second, { ballot: first, configuration: two }, system), 'what comes late changes nothing')
  t.equal(proposer.heardAccepted('a', second, system), undefined)
  t.equal(proposer.heardAccepted('a', second, system), undefined, 'one member counts once')
  t.equal(proposer.heardAccepted('b', first, system), undefined, 'of another ballot')
  t.deepEqual(proposer.ask('a'), undefined)
  t.equal(proposer.heardAccepted('c', second, system), one)
  t.end()
})

test('whoever is refused begins again above what it heard; a refusal that comes late ends nothing', t => {
  const proposer = new Succession()
  proposer.propose(second, one)
  proposer.refused(first)
  t.ok(proposer.attempt !== undefined)
  proposer.refused(third)
  t.deepEqual([proposer.attempt, proposer.heard, proposer.ask('a')], [undefined, third, undefined])
  t.notOk(proposer.heardPromise('a', second, undefined, system))
  t.end()
})
