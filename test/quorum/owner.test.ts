import test from 'tape'
import { Owner } from '../../lib/quorum/owner.js'
import { Released } from '../../lib/quorum/released.js'
import { majority } from '../../lib/quorum/systems.js'
import { stampOf, termOf } from '../../lib/quorum/terms.js'

const system = majority(['a', 'b', 'c'], true)

test('a member owns a lane once it has promised itself: what it alone holds it can learn of nowhere else', t => {
  const owner = new Owner(0, termOf(2, 'a', 1), system, new Released())
  t.notOk(owner.promised('b', 0, 0, []))
  t.notOk(owner.promised('c', 0, 0, []), 'a quorum, but without its own promise')
  const stamp = stampOf(termOf(1, 'b', 1), 1)
  const cell = { present: false, token: '', fence: '', outcomes: [] }
  t.ok(owner.promised('a', 0, 0, [{ element: 'x', stamp, cell, committed: false }]))
  t.deepEqual(owner.backlog, ['x'], 'it proposes again what only it holds')
  t.end()
})

test('whoever owns a lane elsewhere, as an explorer does, needs a quorum alone', t => {
  const owner = new Owner(0, termOf(2, 'nobody here', 1), system, new Released())
  t.notOk(owner.promised('b', 0, 0, []))
  t.ok(owner.promised('c', 0, 0, []))
  t.end()
})
