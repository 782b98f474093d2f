import test from 'tape'
import { Identity } from '../../lib/quorum/identity.js'
import type { Introduction } from '../../lib/quorum/identity.js'

// Who speaks for an id, as one member recalls it.

const greeting = (changed: Partial<Introduction> = {}): Introduction => ({ store: 'disk', incarnation: 5, boot: 'first', changes: 100, ...changed })

/** Whether a run that says this of itself is confirmed, by one who was greeted by the run above before. */
const later: ReadonlyArray<readonly [what: string, says: Partial<Introduction>, isConfirmed: boolean]> = [
  ['the same run again', {}, true],
  ['the same run, further on', { changes: 150 }, true],
  ['its next run', { incarnation: 6, boot: 'second' }, true],
  ['a run long after, with more', { incarnation: 60, boot: 'second', changes: 1_000 }, true],
  ['another store', { store: 'another disk', incarnation: 6, boot: 'second' }, false],
  ['a copy of the disk, started beside it', { boot: 'second' }, false],
  ['an earlier run', { incarnation: 4, boot: 'second' }, false],
  ['a disk that was set back', { incarnation: 6, boot: 'second', changes: 99 }, false]
]

for (const [what, says, isConfirmed] of later) {
  test(`${what} is ${isConfirmed ? 'confirmed' : 'refused'}`, t => {
    const identity = new Identity()
    t.ok(identity.greet('a', greeting()), 'whoever comes first')
    t.equal(identity.greet('a', greeting(says)) !== undefined, isConfirmed)
    const { store, incarnation, boot, changes } = identity.bindings.get('a')!
    const kept = isConfirmed && says.incarnation !== undefined ? greeting(says) : greeting()
    t.deepEqual({ store, incarnation, boot, changes }, kept, isConfirmed ? 'and recalled' : 'and nothing of it is recalled')
    t.end()
  })
}

test('first come binds: from then on no other store speaks for the id', t => {
  const identity = new Identity()
  t.ok(identity.admits('a', 'disk') && identity.admits('a', 'another'))
  identity.bind({ id: 'a', store: 'disk' })
  t.deepEqual([identity.admits('a', 'disk'), identity.admits('a', 'another'), identity.admits('b', 'another')], [true, false, true])
  identity.greet('a', greeting())
  t.equal(identity.bind({ id: 'a', store: 'disk' }).incarnation, 5, 'the same store is no news')
  t.equal(identity.bind({ id: 'a', store: 'another' }).incarnation, 0, 'a configuration that names another one begins anew')
  t.ok(identity.admits('a', 'another'))
  t.end()
})

test('which store a configuration lists', t => {
  const identity = new Identity()
  const cases = [['disk', 'disk', true], ['disk', 'another', false], ['', 'disk', true], [undefined, 'disk', false]] as const
  for (const [listed, store, isListed] of cases) t.equal(identity.isListed(listed, store), isListed, `${listed}, ${store}`)
  t.end()
})

test('how far a run has come is recalled, and never goes back', t => {
  const identity = new Identity()
  t.notOk(identity.acknowledged('a', 5, 100), 'nobody has met it')
  identity.greet('a', greeting())
  t.ok(identity.acknowledged('a', 5, 120))
  t.notOk(identity.acknowledged('a', 5, 110), 'what comes late')
  t.notOk(identity.acknowledged('a', 6, 500), 'a run that has not introduced itself')
  t.equal(identity.greet('a', greeting({ incarnation: 6, boot: 'second', changes: 119 })), undefined, 'a disk that was set back behind it')
  t.ok(identity.greet('a', greeting({ incarnation: 6, boot: 'second', changes: 120 })))
  t.end()
})

test('of the stores that are known those are told that a configuration names', t => {
  const identity = new Identity()
  for (const id of ['c', 'x', 'a', 'd']) identity.bind({ id, store: `disk of ${id}` })
  const member = (id: string): { id: string, store: string } => ({ id, store: '' })
  const known = identity.speakers({ origin: 'o', epoch: 2, members: ['a', 'b', 'c'].map(member), next: ['a', 'b', 'd'].map(member), tieBreaker: true })
  t.deepEqual(known, ['a', 'c', 'd'].map(id => ({ id, store: `disk of ${id}` })))
  t.end()
})
