import { Transform } from 'node:stream'
import test from 'tape'
import type { Membership } from '../../lib/index.js'
import { part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { ids, journal, Village } from '../support/village.js'

// A link that is slow is no silence: whose bytes come is here.

/** Passes on so many bytes in a second of the village's time. */
function slow (village: Village, bytesPerSecond: number): Transform {
  return new Transform({
    highWaterMark: 1_024,
    transform (chunk: Buffer, _encoding, done) {
      village.clock.setTimeout(() => { done(null, chunk) }, 1_000 * chunk.length / bytesPerSecond)
    }
  })
}

/** Links two members; what the first one says takes its time. */
function linkSlowly (village: Village, from: Membership, to: Membership, bytesPerSecond: number): Pair {
  const pair = { a: from.createStream(), b: to.createStream() }
  pair.a.pipe(slow(village, bytesPerSecond)).pipe(pair.b).pipe(pair.a)
  return pair
}

test('a link that breaks and is back, with much to tell: dead to nobody while it comes', async t => {
  const village = new Village()
  const [a, b, c] = ['a', 'b', 'c'].map(id => village.member(id)) as [Membership, Membership, Membership]
  const [pair] = await village.chain(a, b, c)
  const journals = [b, c].map(journal)
  await part(pair as Pair)
  for (let i = 0; i < 9; i++) a.set(`k${i}`, 'x'.repeat(20_000))
  linkSlowly(village, a, b, 50_000)
  await village.pass(2_000)
  t.ok((b.facts('a')?.size ?? 0) < 9, 'it takes its time')
  for (const member of [a, b, c]) t.deepEqual(ids(member.alive()), ['a', 'b', 'c'], member.id)
  await village.until(() => c.facts('a')?.size === 9)
  await village.pass(1_000)
  for (const lines of journals) t.deepEqual(lines.filter(line => /^(dead|restart|leave|reap)/.test(line)), [])
  await village.close()
})

test('a member that writes more than its link carries is here, and who is behind it', async t => {
  const village = new Village()
  const [a, b, behind] = ['a', 'b', 'behind'].map(id => village.member(id)) as [Membership, Membership, Membership]
  await village.chain(a, behind)
  let writes = 0
  const write = (): void => {
    for (let i = 0; i < 4; i++) a.set(`k${writes++ % 50}`, `${Math.random()}${'x'.repeat(4_000)}`)
    timer = village.clock.setTimeout(write, 100)
  }
  let timer = village.clock.setTimeout(write, 100)
  await village.pass(2_000)
  linkSlowly(village, a, b, 60_000)
  await village.until(() => b.get('a')?.status === 'alive' && a.get('b')?.status === 'alive')
  const lines = journal(b)
  await village.until(() => b.get('behind')?.status === 'alive')
  await village.pass(5_000)
  t.deepEqual(ids(b.alive()), ['a', 'b', 'behind'])
  t.deepEqual(lines.filter(line => /^(dead|suspect|restart|leave|reap)/.test(line)), [])
  village.clock.clearTimeout(timer)
  await village.close()
})

test('what a peer said before of others does not count again before its news are here', async t => {
  const village = new Village()
  const [a, b, c, gone] = ['a', 'b', 'c', 'gone'].map(id => village.member(id)) as [Membership, Membership, Membership, Membership]
  const [, toC] = await village.chain(a, b, gone)
  const pair = village.link(b, c)
  await village.until(() => c.alive().length === 4 && a.alive().length === 4)
  await part(pair)
  await village.until(() => c.dead().length === 3)
  await part(toC as Pair)
  await village.until(() => a.dead().length === 2)
  for (let i = 0; i < 9; i++) b.set(`k${i}`, 'x'.repeat(20_000))
  const lines = journal(c)
  linkSlowly(village, b, c, 50_000)
  await village.until(() => c.get('b')?.status === 'alive')
  t.ok((c.facts('b')?.size ?? 0) < 9, 'its news take their time')
  await village.until(() => c.get('a')?.status === 'alive')
  await village.pass(1_000)
  t.equal(c.facts('b')?.size, 9)
  t.equal(c.get('gone')?.status, 'dead')
  t.deepEqual(lines.filter(line => line.endsWith('gone')), [], 'nothing is told of one who died meanwhile')
  await village.close()
})
