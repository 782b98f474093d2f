import test from 'tape'
import { Acceptor } from '../../lib/quorum/acceptor.js'
import { laneOf } from '../../lib/quorum/lanes.js'
import { Owner } from '../../lib/quorum/owner.js'
import { Reading } from '../../lib/quorum/reading.js'
import { Released } from '../../lib/quorum/released.js'
import { majority } from '../../lib/quorum/systems.js'
import { termOf } from '../../lib/quorum/terms.js'
import { plantTombstoneAsNothing } from './mutants.js'

const system = majority(['a', 'b', 'c'], true)

/** `x` was added at b and c; then it was removed, of which only b has heard. */
function acceptors (): Map<string, Acceptor> {
  const all = new Map(system.members.map(id => [id, new Acceptor()]))
  const owner = new Owner(laneOf('x'), termOf(1, 'o', 1), system, new Released())
  for (const id of ['b', 'c']) {
    owner.pull(id, 0)
    const { reply } = all.get(id)!.prepare(owner.lane, owner.term, 0)
    if (reply.type === 'promise') owner.promised(id, 0, reply.next, reply.entries)
  }
  const accept = (ids: readonly string[]): void => {
    for (const id of ids) {
      const body = owner.pull(id, 0)
      const reply = body?.type === 'accept' ? all.get(id)!.accept(body).reply : undefined
      if (reply?.type === 'ack') owner.acknowledged(id, reply.closed, reply.round)
    }
  }
  owner.forward({ id: 'o', incarnation: 1 }, 'x', [{ n: 1, kind: 'add', token: 't' }])
  accept(['b', 'c'])
  owner.forward({ id: 'o', incarnation: 1 }, 'x', [{ n: 2, kind: 'rem', token: '' }])
  accept(['b'])
  return all
}

function read (ids: readonly string[]): ReturnType<Reading['agreed']> {
  const all = acceptors()
  const reading = new Reading(system)
  for (const id of ids) {
    const { reply } = all.get(id)!.read({ incarnation: 1, number: 1 }, 'x')
    if (reply.type === 'value') reading.hear(id, reply.stamped)
  }
  return reading.agreed()
}

test('nothing and a tombstone do not agree: the removal may never have been chosen', t => {
  t.equal(read(['a', 'b']), undefined)
  t.equal(read(['b', 'c']), undefined)
  t.end()
})

test('caught: a tombstone is taken for nothing', t => {
  const restore = plantTombstoneAsNothing()
  try {
    t.ok(read(['a', 'b']), 'it reads that the element is gone, which a and c will not confirm')
  } finally {
    restore()
  }
  t.end()
})
