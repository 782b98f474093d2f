import test from 'tape'
import { drawEpoch } from '../../lib/gossip/epoch.js'
import type { Member } from '../../lib/index.js'
import { Members } from '../../lib/liveness/members.js'
import { delta, liar } from '../hostile/liar.js'
import { part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { Village } from '../support/village.js'

// What facts, silence and a few bytes of a peer may cost.

test('facts that come together are copied once for all who listen', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  const [pair] = await village.chain(a, b)
  await part(pair as Pair)
  for (let i = 0; i < 1_000; i++) a.set(`k${i}`, i)
  const told: Member[] = []
  const values: unknown[] = []
  b.on('update', (member, key, value) => {
    told.push(member)
    values.push(value)
    if (member.facts.get(key) !== value) t.fail(`${key} is told of, and not there`)
  })
  village.link(a, b)
  await village.until(() => told.length === 1_000)
  t.deepEqual(values, Array.from({ length: 1_000 }, (_, i) => i), 'each is told of')
  const copies = new Set(told.map(({ facts }) => facts)).size
  t.ok(copies <= 20, `${copies} copies`)
  const before = told.at(-1)
  a.set('k0', 'changed')
  await village.until(() => b.fact('a', 'k0') === 'changed')
  t.equal(before?.facts.get('k0'), 0, 'a member that was told of stays as it was')
  await village.close()
})

/** Counts the timers that all members of a village set. */
function countTimers (village: Village): () => number {
  let timers = 0
  const { clock } = village
  const setTimeout = clock.setTimeout.bind(clock)
  clock.setTimeout = (fn, ms) => { timers++; return setTimeout(fn, ms) }
  return () => timers
}

test('a member that is here and never introduces itself costs no timers', async t => {
  const village = new Village()
  const target = village.member('target')
  const first = await liar(village, target)
  await first.say(delta(first.source, 1, ['4:liarm', null]), [1, 6, 1, 1, true, [first.source, 1]])
  await village.until(() => target.get('liar')?.status === 'alive')
  await first.part()
  await village.until(() => target.get('liar')?.status === 'suspect')
  const again = await liar(village, target, 'liar', drawEpoch(Math.random, village.clock.wall()))
  await again.say(delta(again.source, 2, ['4:liarfx', 1]), [1, 6, 2, 2, true, []])
  await village.pass(500)
  const timers = countTimers(village)
  await village.pass(1_000)
  t.ok(timers() < 50, `${timers()} timers in a second`)
  await village.close()
})

test('the shortest retention costs no timers', async t => {
  const village = new Village()
  const [a, b] = [village.member('a', { retentionMs: 1 }), village.member('b', { retentionMs: 1 })]
  await village.chain(a, b)
  const timers = countTimers(village)
  await village.pass(3_000)
  t.ok(timers() < 250, `${timers()} timers in three seconds`)
  await village.close()
})

test('of lives that only digests tell of nobody keeps a record', t => {
  const now = { monotonic: 0, wall: Date.UTC(2026, 0, 1) }
  const members = new Members({
    id: 'target',
    address: undefined,
    facts: new Map(),
    random: () => Math.random(),
    heartbeatMs: 1_000,
    phiThreshold: 8,
    suspectMs: 2_400,
    retentionMs: 86_400_000,
    maxKeyBytes: 1_024,
    maxValueBytes: 1_024,
    acceptedSkewMs: 60_000,
    deletesKept: 1_000,
    persistent: false,
    durable: false
  }, now)
  const epoch = drawEpoch(Math.random, now.wall - 1_000)
  members.open(1, { id: 'liar', epoch, sends: true, receives: true }, now)
  const say = (...message: unknown[]): unknown => members.receive(1, message, now)
  say(...delta(`liar@${epoch}`, 1, ['4:liarm', null]).slice(1))
  say(6, 1, 1, true, Array.from({ length: 1_000 }, (_, i) => [`nobody${i}@${epoch}`, 1]).flat())
  t.equal(members.roster.size, 2)
  say(...delta(`liar@${epoch}`, 2, ['4:liarhnobody7', epoch]).slice(1))
  t.equal(members.roster.size, 3, 'but of one whom somebody claims to hear')
  say(...delta(`nobody8@${epoch}`, 2, ['7:nobody8m', null]).slice(1))
  t.equal(members.roster.size, 4, 'and of one that says something')
  say(6, 1, 1, true, [`late@${epoch}`, 1])
  say(...delta(`liar@${epoch}`, 3, ['4:liarhlater', epoch]).slice(1))
  say(6, 1, 1, true, [`later@${epoch}`, 1])
  t.equal(members.roster.size, 5, 'also when it is claimed first')
  members.check()
  t.end()
})
