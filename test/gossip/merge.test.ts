import test from 'tape'
import { core, meet, Pair, shown, start, Time } from './pair.js'

test('concurrent sets are siblings, the greater stamp is shown everywhere, and a later write covers both', t => {
  const time = new Time()
  const [a, b] = [core('a', time), core('b', time)]
  a.set('k', 'from a', undefined, time.now())
  time.ms += 5
  b.set('k', 'from b', undefined, time.now())
  meet(a, b, time)
  t.deepEqual([shown(a), shown(b)], [{ k: 'from b' }, { k: 'from b' }])
  t.equal(a.replica.siblings('k').length, 2, 'both are held')
  a.set('k', 'after both', undefined, time.now())
  meet(a, b, time)
  t.deepEqual(shown(b), { k: 'after both' })
  t.equal(b.replica.siblings('k').length, 1, 'what the writer had seen is superseded')
  t.end()
})

test('a delete removes what its writer had seen; a set concurrent with it survives, whatever the clocks say', t => {
  const time = new Time()
  const [a, b] = [core('a', time), core('b', time)]
  a.set('k', 1, undefined, time.now())
  meet(a, b, time)
  b.set('k', 2, undefined, time.now())
  time.ms += 50_000
  a.delete('k', time.now())
  meet(a, b, time)
  t.deepEqual([shown(a), shown(b)], [{ k: 2 }, { k: 2 }], 'although the delete carries the later stamp')
  t.end()
})

test('a write covers what it saw although the wall clock stepped back', t => {
  const time = new Time()
  const a = core('a', time)
  const b = core('b', time)
  a.set('k', 'early', undefined, time.now())
  meet(a, b, time)
  time.ms -= 20_000
  b.set('k', 'later, by a clock that is behind', undefined, time.now())
  meet(a, b, time)
  t.deepEqual(shown(a), { k: 'later, by a clock that is behind' })
  t.end()
})

test('a node whose clock ran a day ahead is refused, and heals by itself once its clock is right', t => {
  const time = new Time()
  const ahead = new Time()
  ahead.ms = 86_400_000
  const [a, b] = [core('a', time), core('b', ahead)]
  b.set('k', 'from tomorrow', undefined, ahead.now())
  const pair = new Pair(a, b, time, ahead)
  t.throws(() => { pair.run() }, /clock skew/)
  pair.close()
  t.deepEqual(shown(a), {}, 'nothing of it was taken in')
  meet(a, b, time)
  t.deepEqual(shown(a), { k: 'from tomorrow' }, 'stamped anew')
  t.equal(a.replica.get('k')?.source.id, 'b')
  t.end()
})

test('an own write is never stamped beyond what others accept, whatever was observed', t => {
  const time = new Time()
  const [a, b, c] = [core('a', time), core('b', time), core('c', time)]
  const fast = new Time()
  fast.ms = 59_999
  a.set('k', 1, undefined, fast.now())
  meet(a, b, time)
  b.set('k', 2, undefined, time.now())
  const stamp = b.replica.get('k')?.stamp ?? 0
  t.ok(stamp / 4096 + 1_577_836_800_000 <= start + 30_001, 'half of the accepted skew at most')
  meet(b, c, time)
  t.deepEqual(shown(c), { k: 2 })
  t.end()
})

test('an expired key leaves everywhere, each node says so once, and it never comes back', t => {
  const time = new Time()
  const [a, b] = [core('a', time), core('b', time)]
  a.set('k', 'short', 100, time.now())
  time.ms += 40
  meet(a, b, time)
  t.equal(b.deadline(), 100, 'what travels is the time remaining')
  time.ms = 100
  for (const node of [a, b]) {
    const events = node.tick(time.now()).events.map(({ kind }) => kind)
    t.deepEqual(events, ['expire'])
    t.deepEqual(node.tick(time.now()).events, [])
  }
  const late = core('c', time)
  meet(late, a, time)
  t.deepEqual([shown(a), shown(b), shown(late)], [{}, {}, {}])
  t.end()
})

test('a node that comes back without its state never silences its own new writes', t => {
  const time = new Time()
  const [first, b] = [core('a', time), core('b', time)]
  for (let i = 0; i < 10; i++) first.set(`k${i}`, i, undefined, time.now())
  meet(first, b, time)
  const second = core('a', time)
  second.set('k0', 'new life', undefined, time.now())
  meet(second, b, time)
  t.equal(shown(b)['k0'], 'new life')
  t.equal(Object.keys(shown(second)).length, 10, 'and what the old life wrote comes back')
  t.end()
})

test('setting an equal value is no change', t => {
  const time = new Time()
  const a = core('a', time)
  a.set('k', { x: [1] }, undefined, time.now())
  t.equal(a.set('k', { x: [1] }, undefined, time.now()).effects, undefined)
  t.ok(a.set('k', { x: [1] }, 50, time.now()).effects, 'a time to live is one')
  t.end()
})

test('an entry that expired and yet has a value is refused', t => {
  const time = new Time()
  const a = core('a', time)
  a.open(1, { id: 'b', epoch: 'x', sends: true, receives: true }, time.now())
  t.throws(() => a.receive(1, [5, 1, ['e@0'], 1, [['x', 0, 1, 0, 1, 2, 50, []]]], time.now()), /flags/)
  t.deepEqual(shown(a), {})
  t.end()
})
