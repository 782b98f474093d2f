import test from 'tape'
import { drawEpoch } from '../../lib/gossip/epoch.js'
import { code } from '../support/failures.js'
import { closing } from '../support/pairs.js'
import { turns, within } from '../support/waiting.js'
import { MembersTarget } from './members-target.js'
import { encode } from './recording.js'
import type { Codec } from './recording.js'

// What someone might send to members on purpose. Each ends that one stream with the code that it should, and changes nothing.

const token = 'attacker-attacker-attack'
const epoch = drawEpoch(Math.random, Date.now() - 1_000)
const later = drawEpoch(Math.random, Date.now() - 500)
const future = drawEpoch(Math.random, Date.now() + 3_600_000)
const source = `attacker@${epoch}`

function hello (codec: Codec, more: object = {}, life = epoch): Buffer {
  const channels = [{ name: 'members', kind: 'members', epoch: life }]
  return Buffer.from(`${JSON.stringify({ tendril: 1, id: 'attacker', codec, instance: token, nonce: token, channels, ...more })}\n`)
}

/** A DELTA of one entry. */
function says (key: string, value: unknown, from = source): unknown[] {
  return [1, 5, 1, [from], 0, [[key, 0, 1, 0, value]]]
}

const slot = (kind: string, name = '', id = 'attacker'): string => `${id.length}:${id}${kind}${name}`
const fact = says(slot('f', 'role'), 'attacker')

const frames: Record<string, { frame: readonly unknown[], code?: string | undefined }> = {
  'an introduction, as it should be': { frame: says(slot('m'), 'tcp://attacker'), code: undefined },
  'a fact, as it should be': { frame: fact, code: undefined },
  'a claim, as it should be': { frame: says(slot('h', 'friend'), later), code: undefined },
  "another member's fact": { frame: says(slot('f', 'own', 'target'), 'stolen') },
  "another member's claim": { frame: says(slot('h', 'attacker', 'friend'), epoch) },
  "another member's farewell": { frame: says(slot('l', '', 'friend'), true) },
  "another member's introduction": { frame: says(slot('m', '', 'friend'), 'tcp://attacker') },
  'a fact of one whose id begins alike': { frame: says(slot('f', 'own', 'attack'), 1) },
  'a fact of one whose id begins alike, up to an @': { frame: says(slot('f', 'own', 'target'), 'stolen', `target@x@${epoch}`) },
  'a fact of one whose id holds an @': { frame: says(slot('f', 'own', 'target@x'), 1, `target@x@${epoch}`), code: undefined },
  'a key that is no slot': { frame: says('role', 'attacker') },
  'a key without an id': { frame: says(':mx', null) },
  'a key whose length is none': { frame: says('x:attackerm', null) },
  'a key whose length begins with zero': { frame: says('08:attackerm', null) },
  'a key whose length is too long': { frame: says('99:attackerm', null) },
  'a key whose length is text of the prototype': { frame: says('__proto__', null) },
  'an unknown kind of slot': { frame: says(slot('z', 'x'), 1) },
  'a fact without a name': { frame: says(slot('f'), 1) },
  'an introduction with a name': { frame: says(slot('m', 'x'), null) },
  'a key too long': { frame: says(slot('f', 'x'.repeat(200)), 1) },
  'an address that is a number': { frame: says(slot('m'), 5) },
  'an address too long': { frame: says(slot('m'), 'x'.repeat(1_025)) },
  'an empty address': { frame: says(slot('m'), '') },
  'a claim that is no epoch': { frame: says(slot('h', 'friend'), 'now') },
  'a claim that is true': { frame: says(slot('h', 'friend'), true) },
  'a claim that is an empty list': { frame: says(slot('h', 'friend'), []) },
  'a claim that is a glimpse, as it should be': { frame: says(slot('h', 'friend'), [later]), code: undefined },
  'a claim that is a glimpse of nothing': { frame: says(slot('h', 'friend'), ['']) },
  'a claim of odd length': { frame: says(slot('h', 'friend'), [epoch, '', epoch]) },
  'a claim without a life': { frame: says(slot('h', 'friend'), ['', epoch]) },
  'a claim of too many lives': { frame: says(slot('h', 'friend'), Array.from({ length: 10 }, () => epoch)) },
  'a claim of nested lives': { frame: says(slot('h', 'friend'), [[epoch], epoch]) },
  'a claim on an id too long': { frame: says(slot('h', 'x'.repeat(65)), epoch) },
  'a verdict that is true': { frame: says(slot('x', 'friend'), true) },
  'a verdict of three': { frame: says(slot('x', 'friend'), [epoch, true, true]) },
  'a verdict on no epoch': { frame: says(slot('x', 'friend'), ['now', true]) },
  'a verdict that is 1': { frame: says(slot('x', 'friend'), [epoch, 1]) },
  'a verdict on an id too long': { frame: says(slot('x', 'x'.repeat(65)), [epoch, false]) },
  'a verdict of null': { frame: says(slot('x', 'friend'), null) },
  'a farewell that is false': { frame: says(slot('l'), false) },
  'a farewell of null': { frame: says(slot('l'), null) },
  'a fact too large': { frame: says(slot('f', 'role'), 'x'.repeat(5_000)) },
  'a source whose epoch is none of a life': { frame: says(slot('f', 'role'), 1, 'attacker@epoch') },
  'a life from the far future': { frame: says(slot('f', 'role'), 1, `attacker@${future}`), code: undefined },
  "another member's life from the far future": { frame: [1, 6, 1, 1, true, [`friend@${future}`, 1]], code: undefined },
  'a digest with a life from the far future': { frame: [1, 2, true, [`friend@${future}`, 1]], code: undefined },
  'the end of time': { frame: [1, 6, 1, 1, true, ['friend@zzzzzzzzzzzzzzzzz', 1]], code: undefined },
  'LIFE from the far future': { frame: [1, 12, future], code: 'CLOCK_SKEW' },
  'LIFE that goes backwards': { frame: [1, 12, drawEpoch(Math.random, Date.now() - 86_400_000)], code: undefined },
  'LIFE as it is': { frame: [1, 12, epoch], code: undefined },
  'LIFE without an epoch': { frame: [1, 12] },
  'LIFE of a number': { frame: [1, 12, 5] },
  'PING without a number': { frame: [1, 10] },
  'PING of -1': { frame: [1, 10, -1] },
  'PING of 2^53': { frame: [1, 10, 2 ** 53] },
  'PONG of 0.5': { frame: [1, 11, 0.5] },
  'PONG that nobody waits for': { frame: [1, 11, 2 ** 52], code: undefined },
  'PROBE of nobody': { frame: [1, 13] },
  'PROBE of an id too long': { frame: [1, 13, 'x'.repeat(65)] },
  'PROBE of a stranger': { frame: [1, 13, '__proto__'], code: undefined },
  'BEAT with a body': { frame: [1, 9, { any: 1 }], code: undefined },
  'an unknown type': { frame: [1, 14] }
}

for (const codec of ['msgpack', 'ndjson'] as const) {
  test(`frames, ${codec}`, async t => {
    const target = await new MembersTarget().ready()
    for (const [what, expected] of Object.entries(frames)) {
      const { code, hasChanged } = await target.attack([hello(codec), encode(codec, expected.frame)])
      t.equal(code, 'code' in expected ? expected.code : 'BAD_FRAME', what)
      if (code !== undefined && hasChanged) t.fail(`${what} changed something`)
    }
    t.ok(await target.works(), 'the members work as before')
    t.deepEqual(target.members.all().map(({ id, status }) => [id, status]).filter(([id]) => id === 'friend' || id === 'target'), [['target', 'alive'], ['friend', 'alive']])
    await target.close()
  })
}

test('hellos', async t => {
  const target = await new MembersTarget().ready()
  const hellos: Record<string, { bytes: Buffer, code: string | undefined }> = {
    'a life from the far future': { bytes: hello('ndjson', {}, future), code: 'CLOCK_SKEW' },
    'a life without an epoch': { bytes: hello('ndjson', {}, 'epoch'), code: 'BAD_FRAME' },
    'our id, with an earlier life': { bytes: hello('ndjson', { id: 'target' }), code: 'PREMATURE_CLOSE' },
    'our id, with a life from the far future': { bytes: hello('ndjson', { id: 'target' }, future), code: 'DUPLICATE_ID' },
    'our id, with no life': { bytes: hello('ndjson', { id: 'target' }, 'zzz'), code: 'DUPLICATE_ID' },
    'our id, and no members': { bytes: hello('ndjson', { id: 'target', channels: [] }), code: 'DUPLICATE_ID' }
  }
  for (const [what, { bytes, code: expected }] of Object.entries(hellos)) {
    const { code, hasChanged } = await target.attack([bytes])
    t.equal(code, expected, what)
    t.notOk(hasChanged, 'nothing changed')
  }
  t.ok(await target.works(), 'the members work as before')
  await target.close()
})

test('floods', async t => {
  const target = await new MembersTarget().ready()
  const flood = async (what: string, frames: Iterable<readonly unknown[]>): Promise<void> => {
    const stream = target.members.createStream()
    let bytes = 0
    stream.on('data', (chunk: Buffer) => { bytes += chunk.length })
    stream.write(hello('msgpack'))
    for (const frame of frames) stream.write(encode('msgpack', frame))
    await turns(20)
    t.ok(bytes > 0 && bytes < 200_000, `${what}: ${bytes} bytes answer it`)
    stream.destroy()
    await within(closing(stream), 'close')
    t.equal(code(stream.errored), 'nothing')
  }
  const many = (count: number, make: (i: number) => unknown[]): unknown[][] => Array.from({ length: count }, (_, i) => make(i))
  await flood('pings', many(20_000, i => [1, 10, i]))
  await flood('pongs', many(20_000, i => [1, 11, i]))
  await flood('probes', many(20_000, () => [1, 13, 'friend']))
  await flood('lives', many(5_000, i => [1, 12, drawEpoch(Math.random, Date.now() - 100_000 + i)]))
  await flood('claims on 100,000 ids', many(1_000, i => [1, 5, i + 1, [source], 0, many(100, j => [slot('h', `nobody ${i} ${j}`), 0, 100 * i + j + 1, 0, epoch])]))
  t.deepEqual(target.members.all().map(({ id }) => id).filter(id => id.startsWith('nobody')), [], 'whom nobody knows is no member')
  t.ok(await target.works(), 'the members work as before')
  await target.close()
})
