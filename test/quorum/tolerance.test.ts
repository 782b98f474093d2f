import test from 'tape'
import { Tolerance } from '../../lib/quorum/tolerance.js'

const step = 2 ** 24

test('what is a little ahead is heard, what is far ahead is lost, once for each step that it is too far', t => {
  const tolerance = new Tolerance()
  t.ok(tolerance.admits(1, step, 0))
  t.ok(tolerance.admits(1, 5 * step, 4 * step))
  t.notOk(tolerance.admits(1, 3 * step, 0))
  t.notOk(tolerance.admits(1, 3 * step, 0))
  t.ok(tolerance.admits(1, 3 * step, 0), 'who says it again is caught up with')
  t.notOk(tolerance.admits(2, 3 * step, 0), 'each lane by itself')
  t.end()
})
