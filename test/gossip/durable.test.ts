import test from 'tape'
import type { Change } from '../../lib/core.js'
import type { Gossip } from '../../lib/gossip/gossip.js'
import { core, meet, Pair, shown, Time } from './pair.js'

/** Storage by hand: what is confirmed survives a crash, what is not is lost. */
class Shelf {
  readonly #records = new Map<string, readonly unknown[]>()

  keep (changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#records.delete(key)
      else this.#records.set(key, value)
    }
  }

  revive (time: Time): Gossip {
    const node = core('a', time, { persistent: true, durable: true })
    const records = Array.from(this.#records, ([key, value]) => ({ key, value }))
    const { changes, sequence } = node.restore(records, time.now())
    this.keep(changes)
    node.persisted(sequence)
    return node
  }
}

test('an entry whose overwriter was lost in a crash is not taken for delivered', t => {
  const time = new Time()
  const shelf = new Shelf()
  const before = shelf.revive(time)
  const b = core('b', time)
  const write = (key: string, value: number): { changes: readonly Change[], sequence: number } => {
    const { effects } = before.set(key, value, undefined, time.now())
    if (effects === undefined) throw new Error('it is a change')
    return effects
  }
  const pair = new Pair(before, b, time)
  pair.run()
  const kept = [write('hot', 1), write('other', 1)]
  for (const { changes } of kept) shelf.keep(changes)
  // The next value of `hot` is on its way to storage when what is there already is told.
  write('hot', 2)
  before.persisted(kept[1]?.sequence ?? 0)
  pair.run()
  t.deepEqual(shown(b), { other: 1 }, 'the old value is not there any more, the new one is not durable yet')
  pair.close()

  const after = shelf.revive(time)
  t.equal(after.epoch, before.epoch)
  t.deepEqual(shown(after), { hot: 1, other: 1 }, 'the crash has brought the old value back')
  meet(after, b, time)
  t.deepEqual(shown(b), shown(after))
  t.deepEqual(b.replica.sources.digest(), after.replica.sources.digest())
  t.end()
})

test('what is not confirmed by storage is not told', t => {
  const time = new Time()
  const shelf = new Shelf()
  const a = shelf.revive(time)
  const b = core('b', time)
  const pair = new Pair(a, b, time)
  const { effects } = a.set('k', 1, undefined, time.now())
  pair.run()
  t.deepEqual(shown(b), {})
  a.persisted(effects?.sequence ?? 0)
  pair.run()
  t.deepEqual(shown(b), { k: 1 })
  t.equal(a.replicas(effects?.sequence ?? 0), 1, 'and then acknowledged')
  t.end()
})

test('what a crash would bring back is remembered only until storage has confirmed what took its place', t => {
  const time = new Time()
  const alone = new Shelf().revive(time)
  for (let i = 0; i < 1000; i++) {
    const { effects } = alone.set(`k${i % 3}`, i, undefined, time.now())
    if (effects !== undefined) alone.persisted(effects.sequence)
  }
  const { entries, sources } = alone.replica
  t.deepEqual([entries.unsettled, sources.log.unsettled], [0, 0], 'also where nobody is served')
  t.end()
})
