import test from 'tape'
import { laneOf, preference } from '../../lib/quorum/lanes.js'
import { TestClock } from '../support/clock.js'
import { turns, within } from '../support/waiting.js'
import { Cluster, three } from './cluster.js'

// A lane's owner that nothing leads to any more is not waited for as one that is merely silent.

/** Elements of lanes that this member should own. */
function elementsOf (id: string, ids: readonly string[]): string[] {
  return Array.from({ length: 200 }, (_, i) => `e${i}`).filter(element => preference(laneOf(element), ids)[0] === id)
}

/** Goes on until it is so. @returns after how many milliseconds that was */
async function timeUntil (clock: TestClock, isSo: () => boolean): Promise<number> {
  let ms = 0
  for (; ms < 10_000 && !isSo(); ms += 5) {
    clock.advance(5)
    await turns()
  }
  return ms
}

test('an owner whose links have closed: its lanes go to the next within 100 ms, all others do not wait at all', async t => {
  const clock = new TestClock()
  const { cluster, b } = await three(() => ({ clock }))
  const [lost, other] = [elementsOf('a', ['a', 'b', 'c']), elementsOf('b', ['a', 'b', 'c'])]
  for (const element of [...lost.slice(0, 3), ...other.slice(0, 3)]) await within(b.add(element), element)
  cluster.cut('a', 'b')
  cluster.cut('a', 'c')
  await turns()
  await within(b.add(other[4]!), 'a lane of another')
  let done = 0
  for (const element of lost.slice(4, 14)) b.add(element).then(() => { done++ }, error => { throw error })
  const ms = await timeUntil(clock, () => done === 10)
  t.ok(ms <= 100, `after ${ms} ms`)
  const closed = cluster.close()
  clock.advance(5_000)
  await closed
})

test('an owner with one link cut and another left: it keeps its lanes', async t => {
  const clock = new TestClock()
  const cluster = new Cluster(['a', 'b', 'c'], 'mesh', () => ({ clock }))
  await within(cluster.ready(), 'ready')
  const [a, b] = [cluster.get('a'), cluster.get('b')]
  const [first, second] = elementsOf('a', ['a', 'b', 'c']) as [string, string]
  await within(b.add(first), 'before')
  const { lanes } = a.stats()
  cluster.cut('a', 'b')
  await turns()
  let isDone = false
  b.add(second).then(() => { isDone = true }, error => { throw error })
  await timeUntil(clock, () => isDone)
  await timeUntil(clock, () => a.stats().lanes >= lanes)
  t.ok(isDone)
  t.equal(b.stats().lanes, 0, 'nothing went to b')
  const closed = cluster.close()
  clock.advance(5_000)
  await closed
})
