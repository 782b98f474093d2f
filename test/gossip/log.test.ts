import fc from 'fast-check'
import test from 'tape'
import { Log } from '../../lib/gossip/log.js'
import type { Logged } from '../../lib/gossip/log.js'
import { Retired, hashOf } from '../../lib/gossip/retired.js'
import { Skips } from '../../lib/gossip/skips.js'

class Item implements Logged {
  sequence = 0
  before: this | undefined = undefined
  after: this | undefined = undefined
  revision = 0
}

type Step = { do: 'touch' | 'remove', item: number } | { do: 'walk', steps: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('touch' as const, 'remove' as const), item: fc.nat(7) }),
  fc.record({ do: fc.constant('walk' as const), steps: fc.nat(4) })
)

test('a cursor sees the last state of everything that is still there, however the log changes around it', t => {
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
    const sequence = { last: 0 }
    const log = new Log<Item>(sequence)
    const items = Array.from({ length: 8 }, () => new Item())
    const seen = new Map<Item, number>()
    const cursor = log.cursor(0)
    const walk = (most: number): void => {
      for (let i = 0; i < most && cursor.next !== undefined; i++) {
        seen.set(cursor.next, cursor.next.revision)
        log.advance(cursor)
      }
    }
    for (const change of steps) {
      if (change.do === 'walk') { walk(change.steps); continue }
      const item = items[change.item]
      if (item === undefined) continue
      if (change.do === 'touch') {
        item.revision++
        log.append(item)
      } else if (item.sequence > 0) {
        log.remove(item)
      }
    }
    walk(Infinity)
    const there = [...log]
    if (there.length !== log.length) return false
    if (there.some(item => seen.get(item) !== item.revision)) return false
    // A cursor found by its place stands where one stands that walked there.
    return there.every(item => (log.cursor(item.sequence)).next === item.after)
  }), { numRuns: 500 })
  t.pass('500 histories')
  t.end()
})

test('retired digests are kept by hash, only rise, and are given back', t => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.string(), fc.integer({ min: 1, max: 1e6 }))), digests => {
    const retired = new Retired()
    const expected = new Map<number, number>()
    for (const [name, version] of digests) {
      retired.add(new Map([[hashOf(name), version]]))
      expected.set(hashOf(name), Math.max(version, expected.get(hashOf(name)) ?? 0))
    }
    const [first] = expected.keys()
    if (first !== undefined) {
      retired.delete(first)
      expected.delete(first)
    }
    const kept = new Map(retired)
    return kept.size === expected.size && [...expected].every(([hash, version]) => kept.get(hash) === version && retired.get(hash) === version)
  }))
  t.pass('100 sets')
  t.end()
})

test('skips are ranges; too many are forgotten from the oldest on', t => {
  const skips = new Skips()
  for (let i = 1; i <= 1000; i += 2) skips.add(i, i)
  t.ok(skips.has(999))
  t.notOk(skips.has(998))
  t.notOk(skips.has(1), 'forgotten: the peer gets it once more')
  skips.add(1000, 1200)
  t.ok(skips.has(999) && skips.has(1100))
  t.notOk(skips.has(1201))
  t.end()
})
