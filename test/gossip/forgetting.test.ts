import test from 'tape'
import type { Gossip } from '../../lib/gossip/gossip.js'
import { core, meet, Pair, shown, Time } from './pair.js'

const day = 86_400_000

test('a replica that missed a forgotten delete is brought up to date by a full join, and revives nothing', t => {
  const time = new Time()
  const [a, b, c] = [core('a', time, { deletesKept: 0 }), core('b', time), core('c', time)]
  a.set('gone', 1, undefined, time.now())
  a.set('kept', 2, undefined, time.now())
  for (const other of [b, c]) meet(a, other, time)
  a.delete('gone', time.now())
  t.equal(a.replica.deletes.size, 0, 'forgotten at once, with nobody there to be told')
  c.set('news', 3, undefined, time.now())
  meet(c, a, time)
  for (const node of [a, c]) t.deepEqual(shown(node), { kept: 2, news: 3 })
  meet(b, c, time)
  t.deepEqual(shown(b), { kept: 2, news: 3 }, 'the floor has travelled: also one who never met the deleter is told')
  t.end()
})

test('deletes wait for peers who are being served, so that a live peer needs no join', t => {
  const time = new Time()
  const [a, b] = [core('a', time, { deletesKept: 0 }), core('b', time)]
  const pair = new Pair(a, b, time)
  pair.run()
  for (let i = 0; i < 100; i++) a.set(`k${i}`, i, undefined, time.now())
  pair.run()
  for (let i = 0; i < 100; i++) a.delete(`k${i}`, time.now())
  t.equal(a.replica.deletes.size, 100)
  pair.run()
  t.equal(a.replica.deletes.size, 0, 'forgotten once acknowledged')
  t.deepEqual(shown(b), {})
  pair.close()
  t.end()
})

test('sources that came and went leave sixteen bytes each, and stay covered', t => {
  const time = new Time()
  const hub = core('hub', time)
  const stale = core('stale', time)
  for (let i = 0; i < 200; i++) {
    const visitor = core(`visitor${i}`, time)
    visitor.set(`seat${i}`, i, undefined, time.now())
    meet(visitor, hub, time)
    if (i === 7) meet(stale, hub, time)
    visitor.delete(`seat${i}`, time.now())
    meet(visitor, hub, time)
  }
  hub.forgetDeletes(0)
  t.equal(hub.replica.sources.log.length, 200)
  time.ms += day + day / 24
  hub.tick(time.now())
  t.equal(hub.replica.sources.log.length, 0)
  t.equal(hub.replica.sources.retired.size, 200)
  hub.set('here', true, undefined, time.now())
  const fresh = core('fresh', time)
  meet(fresh, hub, time)
  t.equal(fresh.replica.sources.retired.size, 200, 'a new replica learns what is covered')
  t.deepEqual(shown(stale)['seat7'], 7)
  meet(stale, fresh, time)
  t.deepEqual([shown(stale), shown(fresh)], [{ here: true }, { here: true }], 'a stale one revives nothing')
  t.end()
})

test('a retired source that speaks again is a source as before', t => {
  const time = new Time()
  const [a, b] = [core('a', time), core('b', time)]
  a.set('k', 1, undefined, time.now())
  a.delete('k', time.now())
  meet(a, b, time)
  for (const node of [a, b]) node.forgetDeletes(0)
  time.ms += 2 * day
  for (const node of [a, b]) {
    node.set('own', node.id, undefined, time.now())
    node.tick(time.now())
  }
  a.set('k', 'again', undefined, time.now())
  meet(a, b, time)
  t.equal(shown(b)['k'], 'again')
  t.deepEqual(a.replica.sources.digest(), b.replica.sources.digest())
  t.end()
})

test('two clusters that ran apart for longer than the retention lose nothing when they meet', t => {
  const time = new Time()
  const clusters = [0, 1].map(n => {
    const hub = core(`hub${n}`, time)
    const writer = core(`writer${n}`, time)
    writer.set(`config${n}`, n, undefined, time.now())
    const ghost = core(`ghost${n}`, time)
    ghost.set(`seat${n}`, n, undefined, time.now())
    meet(hub, writer, time)
    meet(hub, ghost, time)
    hub.delete(`seat${n}`, time.now())
    hub.forgetDeletes(0)
    return hub
  })
  time.ms += 3 * day
  for (const hub of clusters) hub.tick(time.now())
  const [a, b] = clusters
  if (a === undefined || b === undefined) throw new Error('there are two clusters')
  meet(a, b, time)
  for (const hub of [a, b]) t.deepEqual(shown(hub), { config0: 0, config1: 1 })
  t.end()
})

test('a node that meets changes of its own which it never made goes on under a new epoch, also after a crash', t => {
  const time = new Time()
  const a = core('a', time, { persistent: true, durable: true })
  const records = new Map(a.restore([], time.now()).changes.map(({ key, value }) => [key, value]))
  const { epoch } = a
  a.open(1, { id: 'b', epoch: 'x', sends: true, receives: true }, time.now())
  const { changes } = a.receive(1, [6, 1, 1, true, [`a@${epoch}`, 7]], time.now())
  t.notEqual(a.epoch, epoch)
  for (const { key, value } of changes) records.set(key, value)
  const after = core('a', time, { persistent: true, durable: true })
  after.restore(Array.from(records, ([key, value]) => ({ key, value: value ?? [] })), time.now())
  t.equal(after.epoch, a.epoch)
  t.end()
})

test('deletes of a writer that died before its mark hold up nobody', t => {
  const time = new Time()
  const [hub, dying] = [core('hub', time, { deletesKept: 0 }), core('dying', time)]
  for (let i = 0; i < 200; i++) dying.set(`dying${i}`, i, undefined, time.now())
  meet(dying, hub, time)
  for (let i = 0; i < 200; i++) dying.delete(`dying${i}`, time.now())
  const pair = new Pair(dying, hub, time)
  while (hub.replica.deletes.size < 200) if (!pair.step(0)) pair.step(1)
  pair.close()
  t.ok((hub.replica.sources.digest()['dying'] ?? 0) < 400, 'they are not covered')
  for (let i = 0; i < 100; i++) hub.set(`own${i}`, i, undefined, time.now())
  for (let i = 0; i < 100; i++) hub.delete(`own${i}`, time.now())
  t.equal(hub.replica.deletes.size, 200, 'those that may go have gone')
  meet(dying, hub, time)
  t.equal(hub.replica.deletes.size, 0, 'and the others once they are covered')
  t.end()
})

test('a key renewed again and again keeps none of its old values', t => {
  const time = new Time()
  const a = core('a', time)
  for (let i = 0; i < 1000; i++) a.set('k', i, 60_000 + i, time.now())
  a.set('other', 1, 100, time.now())
  t.equal(a.deadline(), 100)
  time.ms = 100
  a.tick(time.now())
  t.equal(a.deadline(), 60_999, 'only the last renewal is waited for')
  time.ms = 60_999
  a.tick(time.now())
  t.deepEqual(shown(a), {})
  t.end()
})

test('a context grown long is forgotten once covered; who missed what it covered gets a full join', t => {
  const time = new Time()
  const hub = core('hub', time, { maxContext: 3 })
  const first = core('first', time, { maxContext: 3 })
  first.set('k', 'first', undefined, time.now())
  meet(first, hub, time)
  const away = core('away', time, { maxContext: 3 })
  meet(away, hub, time)
  for (let i = 0; i < 20; i++) {
    const writer = core(`writer${i}`, time, { maxContext: 3 })
    meet(writer, hub, time)
    writer.set('k', i, undefined, time.now())
    meet(writer, hub, time)
    t.ok((hub.replica.get('k')?.rarely?.context?.size ?? 0) <= 4, `context after writer ${i}`)
  }
  away.set('mine', true, undefined, time.now())
  meet(away, hub, time)
  for (const node of [away, hub]) {
    t.deepEqual(shown(node), { k: 19, mine: true })
    t.equal(node.replica.siblings('k').length, 1)
  }
  t.end()
})

/** `writer` has seen the reader's value, and forgotten that; the reader has its new one, of a full join that is not whole. */
function halfAJoin (time: Time): { writer: Gossip, reader: Gossip, pair: Pair } {
  const [writer, reader] = [core('writer', time, { deletesKept: 0 }), core('reader', time)]
  reader.set('k', 'old', undefined, time.now())
  meet(reader, writer, time)
  writer.delete('k', time.now())
  writer.set('k', 'new', 1_000, time.now())
  const pair = new Pair(writer, reader, time)
  while (reader.traffic(pair.linkOf(1)).entriesIn === 0) if (!pair.step(0)) pair.step(1)
  return { writer, reader, pair }
}

test('a join that is cut midway leaves everything as it was', t => {
  const time = new Time()
  const { writer, reader, pair } = halfAJoin(time)
  t.equal(writer.replica.get('k')?.rarely?.context, undefined, 'what it had seen was forgotten with the delete')
  pair.close()
  t.equal(reader.replica.siblings('k').length, 1)
  t.deepEqual(shown(reader), { k: 'old' })
  meet(writer, reader, time)
  t.deepEqual(shown(reader), { k: 'new' }, 'the next one is whole')
  time.ms += 1_000
  reader.tick(time.now())
  t.deepEqual(shown(reader), {}, 'and what it superseded stays away')
  t.end()
})

test('a time to live runs while a join is under way', t => {
  const time = new Time()
  const { reader, pair } = halfAJoin(time)
  time.ms += 600
  pair.run()
  t.deepEqual(shown(reader), { k: 'new' })
  t.equal(reader.deadline(), 1_000)
  pair.close()
  t.end()
})
