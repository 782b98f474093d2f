import test from 'tape'
import { mostOutcomes } from '../../lib/quorum/cells.js'
import { mostEpochs } from '../../lib/quorum/configuration.js'
import { laneCount, laneOf } from '../../lib/quorum/lanes.js'
import { stampOf, termOf } from '../../lib/quorum/terms.js'
import { SetTarget, types } from './set-target.js'
import { encode } from './recording.js'
import type { Codec } from './recording.js'

// What someone might say to a member of a set on purpose. What is out of shape ends that one stream with BAD_FRAME, and changes nothing; what is not, and speaks
// for nobody who counts, is taken for nothing.

const token = 'attacker-attacker-attack'
const hello = (codec: Codec): Buffer => Buffer.from(`${JSON.stringify({
  tendril: 1, id: 'liar', codec, instance: token, nonce: token, channels: [{ name: 'set', kind: 'set', epoch: 'lies' }]
})}\n`)

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

const term = termOf(1, 'target', 1)
const stamp = stampOf(term, 1)
const lane = laneOf('x')
const cell = [true, 'token', stamp, []]
const outcomes = (count: number): unknown[] => many(count, i => ['target', 1, i, 0, 'token', stamp]).flat()
const members = (count: number): string[] => many(count, i => [`m${String(i).padStart(5, '0')}`, 'store']).flat()
const configuration = ['origin', 2, members(3), false, true]

/** Fields of the envelope by their place in the frame. */
const place = { type: 1, origin: 2, epoch: 3, from: 4, store: 5, to: 6, incarnation: 7, number: 8, released: 9, changes: 10, hops: 11, visited: 12, body: 13 } as const

function envelope (changed: Partial<Record<keyof typeof place, unknown>>): unknown[] {
  const frame: unknown[] = [1, 1, 'origin', 1, 'liar', 'lies', 'target', 1, 1, 0, 0, 0, ['liar'], [types.ping]]
  for (const [field, value] of Object.entries(changed)) frame[place[field as keyof typeof place]] = value
  return frame
}

const says = (...body: readonly unknown[]): unknown[] => envelope({ body })

const good: Record<string, unknown[]> = {
  PING: says(types.ping),
  'two at a time': [...envelope({}), [types.pong]],
  'everything at its limit': envelope({ epoch: 36 ** 8 - 1, incarnation: 36 ** 8 - 1, number: 36 ** 8 - 1, released: 36 ** 8 - 1, changes: 36 ** 8 - 1, hops: 36 ** 8 - 1 }),
  'PREPARE of a stranger': says(types.prepare, lane, termOf(36 ** 8 - 1, 'liar', 1), 0),
  'ACCEPT of a stranger': says(types.accept, lane, term, 0, 1, 1, 1, 0, [['x', stamp, true, cell]]),
  'ACCEPT with as many outcomes as a cell has at most': says(types.accept, lane, term, 0, 1, 1, 1, 0, [['x', stamp, true, [true, 'token', stamp, outcomes(mostOutcomes + 32)]]]),
  'FORWARD of a stranger': says(types.forward, lane, '', 'x', [1, 0, 'token']),
  'READ of a stranger': says(types.read, 1, 1, 'x'),
  'VALUE of a reading that does not exist': says(types.value, 1, 36 ** 8 - 1, stamp, cell),
  'REPAIR of a stranger': says(types.repair, 1, 1, 'x', stampOf(termOf(36 ** 8 - 1, 'liar', 1), 36 ** 8 - 1), cell),
  'SYNCED of a stranger': says(types.synced, 'f'.repeat(laneCount / 4)),
  'NEXT-ACCEPT of a stranger': says(types.nextAccept, term, configuration),
  'FORMING to one that is formed': says(types.forming, 3, true, [members(3), true, 0], []),
  'WELCOME of one who was not invited': says(types.welcome),
  'INVITE to a member': says(types.invite),
  'GREETED that was never asked for': says(types.greeted, 'boot', true),
  'CONFIGURATION of another cluster': says(types.configuration, configuration, [])
}

const bad: Record<string, unknown[]> = {
  'no fields': [1, 1],
  'an unknown kind of envelope': envelope({ type: 2 }),
  'an origin that is a number': envelope({ origin: 5 }),
  'an origin too long': envelope({ origin: 'x'.repeat(65) }),
  'an epoch of -1': envelope({ epoch: -1 }),
  'an epoch of 0.5': envelope({ epoch: 0.5 }),
  'nobody who says it': envelope({ from: '' }),
  'somebody whose id is too long': envelope({ from: 'x'.repeat(65) }),
  'no store': envelope({ store: '' }),
  'an address that is a list': envelope({ to: ['target'] }),
  'an incarnation near 2^53': envelope({ incarnation: 2 ** 53 - 1 }),
  'a number near 2^53': envelope({ number: 2 ** 53 - 1 }),
  'releases near 2^53': envelope({ released: 2 ** 53 - 1 }),
  'changes near 2^53': envelope({ changes: 2 ** 53 - 1 }),
  'changes beyond': envelope({ changes: 2n ** 63n }),
  'hops that are text': envelope({ hops: '1' }),
  'hops of -1': envelope({ hops: -1 }),
  'visited that is no list': envelope({ visited: 'liar' }),
  'visited by nobody': envelope({ visited: [''] }),
  'visited by a list': envelope({ visited: [['liar']] }),
  'visited by 1,025': envelope({ visited: many(1_025, i => `v${i}`) }),
  'a second body that is none': [...envelope({}), { of: 'the future' }],
  'a body that is none': envelope({ body: null }),
  'an empty body': envelope({ body: [] }),
  'an unknown type': says(27),
  'a type of -1': says(-1),
  'a type that is text': says('__proto__'),
  'PREPARE of a lane too many': says(types.prepare, laneCount, term, 0),
  'PREPARE of no term': says(types.prepare, lane, '', 0),
  'PREPARE of a round that is none': says(types.prepare, lane, `+${term.slice(1)}`, 0),
  'PREPARE with a cursor near 2^53': says(types.prepare, lane, term, 2 ** 53 - 1),
  'PROMISE that goes back': says(types.promise, lane, term, 5, 4, []),
  'PROMISE that stands still': says(types.promise, lane, term, 5, 5, []),
  'PROMISE of cells above its term': says(types.promise, lane, term, 0, 0, [['x', stampOf(termOf(2, 'target', 1), 1), true, cell]]),
  'PROMISE of another lane': says(types.promise, (lane + 1) % laneCount, term, 0, 0, [['x', stamp, true, cell]]),
  'ACCEPT that goes back': says(types.accept, lane, term, 2, 1, 1, 0, 0, []),
  'ACCEPT with a floor above its commit': says(types.accept, lane, term, 0, 1, 1, 0, 1, []),
  'ACCEPT through 2^53': says(types.accept, lane, term, 0, 2 ** 53 - 1, 1, 0, 0, []),
  'ACCEPT in a round near 2^53': says(types.accept, lane, term, 0, 1, 2 ** 53 - 1, 0, 0, []),
  'ACCEPT of another lane': says(types.accept, (lane + 1) % laneCount, term, 0, 1, 1, 0, 0, [['x', stamp, true, cell]]),
  'ACCEPT of another term': says(types.accept, lane, term, 0, 1, 1, 0, 0, [['x', stampOf(termOf(0, 'target', 1), 1), true, cell]]),
  'ACCEPT with more outcomes than a cell has': says(types.accept, lane, term, 0, 1, 1, 0, 0, [['x', stamp, true, [true, 'token', stamp, outcomes(mostOutcomes + 33)]]]),
  'ACCEPT of a cell without a holder': says(types.accept, lane, term, 0, 1, 1, 0, 0, [['x', stamp, true, [true, '', stamp, []]]]),
  'ACCEPT of a tombstone with a holder': says(types.accept, lane, term, 0, 1, 1, 0, 0, [['x', stamp, true, [false, 'token', '', []]]]),
  'ACK of a round that is text': says(types.ack, lane, term, 1, '1'),
  'FORWARD of 15,000 operations': says(types.forward, lane, '', 'x', many(15_000, i => [i + 1, 0, 't']).flat()),
  'FORWARD of 33 operations': says(types.forward, lane, '', 'x', many(33, i => [i + 1, 0, 'token']).flat()),
  'FORWARD out of order': says(types.forward, lane, '', 'x', [2, 0, 'token', 1, 0, 'token']),
  'FORWARD of an unknown operation': says(types.forward, lane, '', 'x', [1, 3, 'token']),
  'FORWARD of an add without a token': says(types.forward, lane, '', 'x', [1, 0, '']),
  'FORWARD of half an operation': says(types.forward, lane, '', 'x', [1]),
  'FORWARD of another lane': says(types.forward, (lane + 1) % laneCount, '', 'x', [1, 0, 'token']),
  'FORWARD of an element too long': says(types.forward, lane, '', 'x'.repeat(1_025), [1, 0, 'token']),
  'ANSWER of 33': says(types.answer, lane, term, 1, 'x', many(33, i => [i + 1, 0, 'token', stamp, '']).flat()),
  'ANSWER without a code': says(types.answer, lane, term, 1, 'x', [1, 6, 'token', stamp, '']),
  'READ of nothing': says(types.read, 1, 1, ''),
  'REPAIR without a stamp': says(types.repair, 1, 1, 'x', '', cell),
  'REPAIR of a stamp of nobody': says(types.repair, 1, 1, 'x', `00000001  ${'0'.repeat(16)}`, cell),
  'VALUE of half a cell': says(types.value, 1, 1, stamp, [true]),
  'CONFIGURATION without an origin': says(types.configuration, ['', 2, members(3), false, true], []),
  'CONFIGURATION of epoch 0': says(types.configuration, ['origin', 0, members(3), false, true], []),
  'CONFIGURATION of an epoch too far': says(types.configuration, ['origin', mostEpochs, members(3), false, true], []),
  'CONFIGURATION of nobody': says(types.configuration, ['origin', 2, [], false, true], []),
  'CONFIGURATION of somebody twice': says(types.configuration, ['origin', 2, ['a', 'x', 'a', 'y'], false, true], []),
  'CONFIGURATION of 1,025': says(types.configuration, ['origin', 2, members(1_025), false, true], []),
  'CONFIGURATION with stores that are none': says(types.configuration, configuration, ['a']),
  'FORMING with thousands of vetoes': says(types.forming, 3, true, false, many(3_000, i => [members(3), true, i])),
  'FORMING with a list of thousands': says(types.forming, 3, true, [members(1_000), true, 0], []),
  'FORMING of a size near 2^53': says(types.forming, 2 ** 53 - 1, true, false, []),
  'GREET without a boot': says(types.greet),
  'GREETED that is neither': says(types.greeted, 'boot', 1),
  'NEXT-PREPARE of no ballot': says(types.nextPrepare, ''),
  'NEXT-PROMISE of half a value': says(types.nextPromise, term, [term]),
  'NEXT-ACCEPT of nobody': says(types.nextAccept, term, ['origin', 2, [], false, true]),
  'SYNCED of a lane too many': says(types.synced, 'f'.repeat(laneCount / 4 + 1)),
  'SYNCED of no lanes': says(types.synced, 'g'.repeat(laneCount / 4))
}

for (const codec of ['msgpack', 'ndjson'] as const) {
  test(`frames, ${codec}`, async t => {
    const target = await new SetTarget(false).ready()
    for (const [what, frame] of Object.entries(bad)) {
      const { code, hasChanged } = await target.attack([hello(codec), encode(codec, frame)])
      t.equal(code, 'BAD_FRAME', what)
      if (hasChanged) t.fail(`${what} changed something`)
    }
    for (const [what, frame] of Object.entries(good)) {
      const { code, hasChanged } = await target.attack([hello(codec), encode(codec, frame)])
      t.equal(code, undefined, what)
      if (hasChanged) t.fail(`${what} changed something`)
    }
    t.ok(await target.works(), 'the set works as before')
    await target.close()
  })
}
