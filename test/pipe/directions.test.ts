import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { Model } from '../../lib/index.js'
import type { PeerHello, StreamOptions } from '../../lib/index.js'
import { reason } from '../support/failures.js'
import { closeAll, closing, join, joinTcp, tcpPair } from '../support/pairs.js'
import { once, turns, until, within } from '../support/waiting.js'

// Which way updates may flow, 'hello' and 'sync', and tail: false.

interface Case { readonly a: StreamOptions, readonly b: StreamOptions, readonly aToB: boolean, readonly bToA: boolean }

const cases: Record<string, Case> = {
  'both ways': { a: {}, b: {}, aToB: true, bToA: true },
  'a sends only': { a: { writable: false }, b: {}, aToB: true, bToA: false },
  'a receives only': { a: { readable: false }, b: {}, aToB: false, bToA: true },
  'a sends only, b receives only': { a: { writable: false }, b: { readable: false }, aToB: true, bToA: false },
  'both send only': { a: { writable: false }, b: { writable: false }, aToB: false, bToA: false },
  'both receive only': { a: { readable: false }, b: { readable: false }, aToB: false, bToA: false },
  neither: { a: { readable: false, writable: false }, b: {}, aToB: false, bToA: false }
}

for (const [what, { a: optionsA, b: optionsB, aToB, bToA }] of Object.entries(cases)) {
  for (const pipe of ['memory', 'TCP']) {
    test(`${what}, over ${pipe}`, async t => {
      const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
      for (let i = 0; i < 1_000; i++) {
        a.set(`a${i}`, i)
        b.set(`b${i}`, i)
      }
      const { a: one, b: two } = join(a, b, optionsA, optionsB, pipe === 'TCP' ? await tcpPair() : undefined)
      let syncs = 0
      one.on('sync', () => { syncs++ })
      two.on('sync', () => { syncs++ })
      await Promise.all([once(one, 'sync'), once(two, 'sync')])
      t.equal(b.has('a999'), aToB)
      t.equal(a.has('b999'), bToA)
      a.set('live a', 1)
      b.set('live b', 1)
      if (aToB) await until(() => b.has('live a'), [b])
      if (bToA) await until(() => a.has('live b'), [a])
      await turns(10)
      t.equal(b.has('live a'), aToB)
      t.equal(a.has('live b'), bToA)
      t.equal(syncs, 2, 'once at each end')
      t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
      await closeAll(a, b)
    })

    test(`${what}, tail: false at one end, over ${pipe}`, async t => {
      for (const leaver of ['a', 'b'] as const) {
        const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
        for (let i = 0; i < 1_000; i++) {
          a.set(`a${i}`, i)
          b.set(`b${i}`, i)
        }
        const { a: one, b: two } = join(a, b, { ...optionsA, tail: leaver !== 'a' }, { ...optionsB, tail: leaver !== 'b' }, pipe === 'TCP' ? await tcpPair() : undefined)
        const closed = Promise.all([closing(one), closing(two)])
        await within(Promise.all([once(one, 'sync'), once(two, 'sync')]), 'sync at both ends')
        await within(closed, 'both ends')
        t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
        t.equal(b.has('a999'), aToB)
        t.equal(a.has('b999'), bToA)
        t.deepEqual([a.stats().streams, b.stats().streams], [0, 0])
        await closeAll(a, b)
      }
    })
  }
}

test("tail: false at both ends, with 'end' and 'finish' at each", async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('k', 1)
  const { a: one, b: two, client, server } = await joinTcp(a, b, { tail: false }, { tail: false })
  const events = [one, two].flatMap(stream => ['end', 'finish', 'close'].map(event => once(stream, event)))
  await within(Promise.all([...events, closing(client), closing(server)]), 'all')
  t.equal(b.get('k'), 1)
  t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
  await closeAll(a, b)
})

for (const leaver of ['a', 'b', 'both']) {
  test(`with storage at both ends, which acknowledge only what is stored, tail: false at ${leaver}`, async t => {
    for (const pipe of ['memory', 'TCP']) {
      const [a, b] = ['a', 'b'].map(id => new Model({ id, storage: new MemoryLevel() })) as [Model, Model]
      for (let i = 0; i < 2_000; i++) {
        a.set(`a${i}`, i)
        b.set(`b${i}`, i)
      }
      const sockets = pipe === 'TCP' ? await tcpPair() : undefined
      const { a: one, b: two } = join(a, b, { tail: leaver === 'b' }, { tail: leaver === 'a' }, sockets)
      const closed = Promise.all([closing(one), closing(two)])
      await within(Promise.all([once(one, 'sync'), once(two, 'sync')]), 'sync at both ends')
      await within(closed, 'both ends')
      t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
      t.deepEqual([a.size, b.size], [4_000, 4_000])
      await closeAll(a, b)
    }
  })
}

test("'hello' tells who is there", async t => {
  const a = new Model({ id: 'a', cluster: 'c', name: 'fruit' })
  const b = new Model({ id: 'b', cluster: 'c', name: 'fruit' })
  const { a: one, b: two } = join(a, b, { codec: 'ndjson' })
  const order: string[] = []
  one.on('hello', () => order.push('hello'))
  one.on('sync', () => order.push('sync'))
  a.on('peer', () => order.push('peer'))
  const synced = once(one, 'sync')
  const [[atA], [atB]] = await Promise.all([once(one, 'hello'), once(two, 'hello')]) as [[PeerHello], [PeerHello]]
  t.deepEqual([atA.id, atA.cluster, atA.codec, atA.channels.map(({ name, kind }) => [name, kind])], ['b', 'c', 'msgpack', [['fruit', 'model']]])
  t.deepEqual([atB.id, atB.codec], ['a', 'ndjson'])
  await synced
  t.deepEqual(order, ['peer', 'hello', 'sync'])
  await closeAll(a, b)
})

test("'sync' means: what each had when they met", async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  for (let i = 0; i < 50_000; i++) a.set(`k${i}`, i)
  const { a: one, b: two } = await joinTcp(a, b)
  // One end goes on writing all the time: that puts nothing off.
  let isWriting = true
  const write = (): void => {
    if (!isWriting) return
    a.set('hot', Math.random())
    setImmediate(write)
  }
  write()
  await Promise.all([once(one, 'sync'), once(two, 'sync')])
  t.ok(b.has('k49999'))
  isWriting = false
  await closeAll(a, b)
})

test('bytesOut counts the hello, before there is anybody to hear it', async t => {
  const a = new Model({ id: 'a' })
  const stream = a.createStream()
  t.deepEqual(stream.stats(), { bytesIn: 0, bytesOut: 0, framesIn: 0, framesOut: 0, entriesIn: 0, entriesOut: 0, duplicates: 0 })
  const [hello] = await once(stream, 'data') as [Buffer]
  t.equal(stream.stats().bytesOut, hello.length)
  t.equal(stream.stats().framesOut, 0)
  stream.destroy()
  await closing(stream)
  t.equal(stream.stats().bytesOut, hello.length, 'still there when it is closed')
  await a.close()
})
