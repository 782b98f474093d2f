/** What a few bytes of a peer may cost: work in proportion to what they bring. */
import test from 'tape'
import { Log } from '../../lib/gossip/log.js'
import type { Logged } from '../../lib/gossip/log.js'
import { messageType } from '../../lib/gossip/messages.js'
import { core, Time } from './pair.js'

const peer = { id: 'peer', epoch: 'x', sends: true, receives: true }

test('a place near either end of the log is found without a walk over the rest', t => {
  let steps = 0
  class Counted implements Logged {
    readonly name: string
    before: this | undefined
    after: this | undefined
    #sequence = 0

    constructor (name: string) { this.name = name }

    get sequence (): number { steps++; return this.#sequence }
    set sequence (at: number) { this.#sequence = at }
  }
  const log = new Log<Counted>({ last: 0 })
  for (let i = 1; i <= 10_000; i++) log.append(new Counted(`item${i}`))
  for (const [position, next] of [[0, 'item1'], [3, 'item4'], [9_997, 'item9998'], [10_000, undefined], [5_000, 'item5001']] as const) {
    steps = 0
    t.equal(log.cursor(position).next?.name, next)
    if (position !== 5_000) t.ok(steps < 20, `${steps} looks for ${position}`)
  }
  t.end()
})

test('a full join that answers no digest is refused', t => {
  const time = new Time()
  const a = core('a', time)
  a.open(1, peer, time.now())
  t.throws(() => a.receive(1, [messageType.join], time.now()), /nobody asked/)
  while (a.pull(1, 1000, time.now()) !== undefined);
  t.doesNotThrow(() => a.receive(1, [messageType.join], time.now()))
  a.receive(1, [messageType.joined, true, []], time.now())
  t.throws(() => a.receive(1, [messageType.join], time.now()), /nobody asked/, 'one digest, one join')
  t.end()
})

test('parts of a digest without end are refused', t => {
  const time = new Time()
  const a = core('a', time)
  a.open(1, peer, time.now())
  const part = (i: number): unknown[] => Array.from({ length: 20_000 }, (_, j) => [`s${i}.${j}@1`, 1]).flat()
  t.throws(() => { for (let i = 0; i < 60; i++) a.receive(1, [messageType.digest, false, part(i)], time.now()) }, /more than 1048576 sources/)
  t.end()
})

test('a source that no entry speaks of is refused, and leaves no trace', t => {
  const time = new Time()
  const a = core('a', time)
  a.open(1, peer, time.now())
  const known = a.replica.sources.size
  t.throws(() => a.receive(1, [messageType.delta, 1, ['b@1', 'c@1'], 0, [['k', 0, 1, 0, 'v']]], time.now()), /no entry speaks of/)
  t.equal(a.replica.sources.size, known)
  t.end()
})

test('siblings of many writers in one frame, and the write that covers them', t => {
  const time = new Time()
  const a = core('a', time)
  a.open(1, peer, time.now())
  const count = 2_000
  const names = Array.from({ length: count }, (_, i) => `w${i}@1`)
  a.receive(1, [messageType.delta, 1, names, 0, names.map((_, i) => ['k', i, 1, i, i])], time.now())
  t.equal(a.replica.siblings('k').length, count)
  t.equal(a.replica.get('k')?.value, count - 1)
  a.set('k', 'one', undefined, time.now())
  t.equal(a.replica.siblings('k').length, 1)
  t.equal(a.replica.get('k')?.rarely?.context?.size, count)
  a.check()
  t.end()
})

test('clocks that say less than 2020 agree with each other', t => {
  const a = core('a', new Time())
  const early = { monotonic: 0, wall: 1000 }
  a.open(1, peer, early)
  t.doesNotThrow(() => a.receive(1, [messageType.delta, 1, ['b@1'], 5, [['k', 0, 1, 0, 'v']]], early))
  t.throws(() => a.receive(1, [messageType.delta, 1, ['b@1'], 60_001 * 4096, [['k', 0, 2, 0, 'v']]], early), /clock skew/)
  t.end()
})

test('one more retired source costs next to nothing, however many there are', t => {
  const time = new Time()
  const a = core('a', time)
  a.open(1, peer, time.now())
  const many = Array.from({ length: 40_000 }, (_, i) => [1_000 + i * 7, 1])
  a.receive(1, [messageType.mark, 1, 1, true, many.flat()], time.now())
  const began = performance.now()
  const more = Array.from({ length: 2_000 }, (_, i) => [5_000_000 + i * 7_777_777, 1 + i % 3])
  for (const [i, one] of more.entries()) a.receive(1, [messageType.mark, 1, 1, true, [...one, `q${i}@1`, 1]], time.now())
  const tookMs = performance.now() - began
  t.ok(tookMs < 5_000, `2,000 marks of one each took ${tookMs.toFixed(0)} ms: sorting each in took half a minute`)
  const { retired } = a.replica.sources
  t.ok(many.concat(more).every(([hash = 0, version]) => retired.get(hash) === version), 'all are known')
  t.equal(new Map(retired).size, 42_000)
  retired.delete(1_000)
  retired.delete(5_000_000)
  t.deepEqual([retired.get(1_000), retired.get(5_000_000)], [0, 0])
  t.equal(new Map(retired).size, 41_998)
  retired.add(new Map([[1_007, 9], [more[1_999]?.[0] ?? 0, 9]]))
  t.deepEqual([retired.get(1_007), retired.get(more[1_999]?.[0] ?? 0)], [9, 9], 'versions are raised')
  t.end()
})
