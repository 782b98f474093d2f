import test from 'tape'
import { encode } from './recording.js'
import type { Codec } from './recording.js'
import { Target } from './target.js'

// What someone might send on purpose. Each ends that one stream with the code that it should, and changes nothing.

const token = 'attacker-attacker-attack'
const channels = [{ name: 'model', kind: 'model', epoch: 'attacker' }]

function hello (codec: Codec, more: object = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ tendril: 1, id: 'attacker', codec, instance: token, nonce: token, channels, ...more })}\n`)
}

const perMs = 4096
const stampNow = (): number => (Date.now() - Date.UTC(2020, 0, 1)) * perMs
const skew = 60_000 * perMs
const source = 'attacker@epoch'

/** A DELTA of one entry. */
function delta (entry: unknown, { base = stampNow(), sources = [source], position = 1 }: { base?: unknown, sources?: unknown, position?: unknown } = {}): unknown[] {
  return [1, 5, position, sources, base, [entry]]
}

function nested (levels: number): unknown {
  return Array.from({ length: levels }).reduce<unknown>(inner => [inner], 1)
}

const frames: Record<string, { frame: readonly unknown[], code?: string | undefined }> = {
  'a key and a value, as they should be': { frame: delta(['key', 0, 1, 0, 'value']), code: undefined },
  'just inside the skew': { frame: delta(['key', 0, 2, 0, 'value'], { base: stampNow() + skew - 5_000 * perMs }), code: undefined },
  'just beyond the skew': { frame: delta(['key', 0, 3, 0, 'value'], { base: stampNow() + skew + 5_000 * perMs }), code: 'CLOCK_SKEW' },
  'beyond the skew by its distance': { frame: delta(['key', 0, 3, skew + 5_000 * perMs, 'value']), code: 'CLOCK_SKEW' },
  'a counter out of bounds': { frame: delta(['key', 0, 3, 2 ** 53, 'value']) },
  'a stamp of 1e300': { frame: delta(['key', 0, 3, 1e300, 'value']) },
  'a base of 1e300': { frame: delta(['key', 0, 3, 0, 'value'], { base: 1e300 }) },
  'a base of 2^53': { frame: delta(['key', 0, 3, 0, 'value'], { base: 2 ** 53 }) },
  'a base of -1': { frame: delta(['key', 0, 3, 0, 'value'], { base: -1 }) },
  'a base that is a bigint': { frame: delta(['key', 0, 3, 0, 'value'], { base: 5n }) },
  'a stamp before its time': { frame: delta(['key', 0, 3, -(2 ** 53), 'value']) },
  'a broken stamp': { frame: delta(['key', 0, 3, 0.5, 'value']) },
  'a version of 2^53': { frame: delta(['key', 0, 2 ** 53, 0, 'value']) },
  'a version of 0': { frame: delta(['key', 0, 0, 0, 'value']) },
  'a version of -1': { frame: delta(['key', 0, -1, 0, 'value']) },
  'a version that is a bigint': { frame: delta(['key', 0, 3n, 0, 'value']) },
  'a version that is text': { frame: delta(['key', 0, '3', 0, 'value']) },
  'a source that is not listed': { frame: delta(['key', 1, 3, 0, 'value']) },
  'a source of -1': { frame: delta(['key', -1, 3, 0, 'value']) },
  "a source '__proto__'": { frame: delta(['key', '__proto__', 3, 0, 'value']) },
  'an empty key': { frame: delta(['', 0, 3, 0, 'value']) },
  'a key too long': { frame: delta(['k'.repeat(65), 0, 3, 0, 'value']) },
  'a key that is a number': { frame: delta([5, 0, 3, 0, 'value']) },
  'a key that is null': { frame: delta([null, 0, 3, 0, 'value']) },
  'a value too large': { frame: delta(['key', 0, 3, 0, 'x'.repeat(5_000)]) },
  'a value too deep': { frame: delta(['key', 0, 3, 0, nested(101)]) },
  'a frame too deep': { frame: delta(['key', 0, 3, 0, nested(1_000)]) },
  'a bigint of 65 bits': { frame: delta(['key', 0, 3, 0, { $bigint: '18446744073709551616' }]), code: undefined },
  'an entry that is no list': { frame: delta({ 0: 'key' }) },
  'an entry that is null': { frame: delta(null) },
  'entries that are no list': { frame: [1, 5, 1, [source], stampNow(), 'entries'] },
  'sources that are no list': { frame: delta(['key', 0, 3, 0, 'value'], { sources: source }) },
  'a source without @': { frame: delta(['key', 0, 3, 0, 'value'], { sources: ['source'] }) },
  'a source without a name': { frame: delta(['key', 0, 3, 0, 'value'], { sources: ['@epoch'] }) },
  'a source without an epoch': { frame: delta(['key', 0, 3, 0, 'value'], { sources: ['source@'] }) },
  'a source whose epoch is none': { frame: delta(['key', 0, 3, 0, 'value'], { sources: ['source@EPOCH!'] }) },
  'a source too long': { frame: delta(['key', 0, 3, 0, 'value'], { sources: [`${'s'.repeat(100)}@epoch`] }) },
  'a source that is a number': { frame: delta(['key', 0, 3, 0, 'value'], { sources: [5] }) },
  'a position of -1': { frame: delta(['key', 0, 3, 0, 'value'], { position: -1 }) },
  'a position of 2^53': { frame: delta(['key', 0, 3, 0, 'value'], { position: 2 ** 53 }) },
  'unknown flags': { frame: delta(['key', 0, 3, 0, 'value', 4, null, []]) },
  'a time remaining below zero': { frame: delta(['key', 0, 3, 0, 'value', 0, -1, []]) },
  'a time remaining for ever': { frame: delta(['key', 0, 3, 0, 'value', 0, 1e300, []]) },
  'a context that is no list': { frame: delta(['key', 0, 3, 0, 'value', 0, null, 5]) },
  'a context of odd length': { frame: delta(['key', 0, 3, 0, 'value', 0, null, [0]]) },
  'a context of no listed source': { frame: delta(['key', 0, 3, 0, 'value', 0, null, [7, 1]]) },
  'a context with a version of 2^53': { frame: delta(['key', 0, 3, 0, 'value', 0, null, [0, 2 ** 53]]) },
  'a mark of odd length': { frame: [1, 6, 1, 1, true, [source]] },
  'a mark without a digest': { frame: [1, 6, 1, 1, true] },
  'a mark with a version of 2^53': { frame: [1, 6, 1, 1, true, [source, 2 ** 53]] },
  'a mark whose end is a number': { frame: [1, 6, 1, 1, 1, []] },
  'a mark of a source without @': { frame: [1, 6, 1, 1, true, ['source', 1]] },
  'a want that says nothing': { frame: [1, 1] },
  'a want from -1': { frame: [1, 1, -1, 0] },
  'a digest that is no list': { frame: [1, 2, true, {}] },
  'an acknowledgement of 1e300': { frame: [1, 8, 1e300, 0, 0] },
  'an acknowledgement of what was never sent': { frame: [1, 8, 2 ** 52, 2 ** 52, 2 ** 52], code: undefined },
  'a join that was not asked for': { frame: [1, 7, true, []], code: undefined },
  'an unknown type': { frame: [1, 99] },
  'a type of 2^53': { frame: [1, 2 ** 53] },
  'a type that is text': { frame: [1, 'delta'] },
  'no type': { frame: [1] },
  nothing: { frame: [] },
  'a channel that the hello did not name': { frame: [2, 1, 0, 0] },
  'a channel of -1': { frame: [-1, 1] },
  'a channel that is text': { frame: ['__proto__', 1] },
  'an unknown frame of control': { frame: [0, 3] },
  null: { frame: [null, 5, 'x'] },
  'a goodbye with an unknown code': { frame: [0, 2, 'UNHEARD_OF', ''], code: undefined },
  'a goodbye with a reason': { frame: [0, 2, 'AUTH_FAILED', {}], code: 'AUTH_FAILED' }
}

for (const length of [0, 1, 2, 3, 4, 6, 7, 9, 100]) {
  const entry = ['key', 0, 3, 0, 'value', 0, null, [], ...Array.from({ length: 100 }, () => 0)].slice(0, length)
  frames[`an entry of length ${length}`] = { frame: delta(entry) }
}

for (const codec of ['msgpack', 'ndjson'] as const) {
  test(`frames, ${codec}`, async t => {
    const target = new Target()
    for (const [what, expected] of Object.entries(frames)) {
      const { code, hasChanged } = await target.attack([hello(codec), encode(codec, expected.frame)])
      t.equal(code, 'code' in expected ? expected.code : 'BAD_FRAME', what)
      if (code !== undefined && hasChanged) t.fail(`${what} changed something`)
    }
    t.ok(await target.works(), 'the model works as before')
    await target.close()
  })
}

const text = (line: string): Buffer => Buffer.from(line)
const lines: Record<string, { bytes: Buffer[], code: string | undefined, codec?: Codec }> = {
  null: { bytes: [text('null\n')], code: 'BAD_FRAME' },
  'a string': { bytes: [text('"hello"\n')], code: 'BAD_FRAME' },
  'an object': { bytes: [text('{}\n')], code: 'BAD_FRAME' },
  'an empty line': { bytes: [text('\n')], code: 'BAD_FRAME' },
  'not JSON': { bytes: [text('[1,\n')], code: 'BAD_FRAME' },
  __proto__: { bytes: [text('[1,5,1,["a@b"],0,[["key",0,1,0,{"__proto__":{"polluted":1}}]]]\n')], code: undefined },
  '200,000 levels': { bytes: [text(`${'['.repeat(200_000)}${']'.repeat(200_000)}\n`)], code: 'FRAME_TOO_LARGE' },
  '10,000 levels': { bytes: [text(`${'['.repeat(10_000)}${']'.repeat(10_000)}\n`)], code: 'BAD_FRAME' },
  'a line of 26 MB': { bytes: Array.from({ length: 26 }, () => Buffer.alloc(1_000_000, 'x')), code: 'FRAME_TOO_LARGE' },
  'half a UTF-8 character': { bytes: [Buffer.from([0x5b, 0x22, 0xc3, 0x22, 0x5d, 0x0a])], code: 'BAD_FRAME' },
  'half a UTF-16 character in a key': { bytes: [text('[1,5,1,["a@b"],0,[["\\ud800",0,1,0,1]]]\n')], code: 'BAD_FRAME' },
  'half a UTF-16 character in a value': { bytes: [text('[1,5,1,["a@b"],0,[["k",0,1,0,"\\ud800"]]]\n')], code: 'BAD_FRAME' },
  'a bigint of a thousand digits': { bytes: [text(`[1,5,1,["a@b"],0,[["k",0,1,0,{"$bigint":"${'9'.repeat(1_000)}"}]]]\n`)], code: 'BAD_FRAME' },
  'an unknown escape': { bytes: [text('[1,5,1,["a@b"],0,[["k",0,1,0,{"$date":1}]]]\n')], code: 'BAD_FRAME' },
  'a number beyond all': { bytes: [text('[1,5,1,["a@b"],0,[["k",0,1,0,1e999]]]\n')], code: 'BAD_FRAME' },
  'a length of 2^31': { bytes: [Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08])], code: 'FRAME_TOO_LARGE', codec: 'msgpack' },
  'a length of 2^35': { bytes: [Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f])], code: 'FRAME_TOO_LARGE', codec: 'msgpack' },
  'a length without an end': { bytes: [Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80])], code: 'BAD_FRAME', codec: 'msgpack' },
  'an array that claims 2^32 items': { bytes: [Buffer.from([5, 0xdd, 0xff, 0xff, 0xff, 0xff])], code: 'BAD_FRAME', codec: 'msgpack' },
  'a map that claims 2^32 pairs': { bytes: [Buffer.from([5, 0xdf, 0xff, 0xff, 0xff, 0xff])], code: 'BAD_FRAME', codec: 'msgpack' },
  'text that claims 2^32 bytes': { bytes: [Buffer.from([5, 0xdb, 0xff, 0xff, 0xff, 0xff])], code: 'BAD_FRAME', codec: 'msgpack' },
  '60,000 levels': { bytes: [Buffer.concat([Buffer.from([0xe0, 0xd4, 3]), Buffer.alloc(60_000, 0x91)])], code: 'BAD_FRAME', codec: 'msgpack' },
  'an extension type': { bytes: [Buffer.from([6, 0xd6, 0xff, 0, 0, 0, 0])], code: 'BAD_FRAME', codec: 'msgpack' },
  'a NaN': { bytes: [Buffer.concat([Buffer.from([9]), Buffer.from([0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0])])], code: 'BAD_FRAME', codec: 'msgpack' },
  'nothing at all': { bytes: [Buffer.from([0])], code: 'BAD_FRAME', codec: 'msgpack' }
}

test('bytes behind a hello', async t => {
  const target = new Target()
  for (const [what, { bytes, code: expected, codec = 'ndjson' }] of Object.entries(lines)) {
    const { code, hasChanged } = await target.attack([hello(codec), ...bytes])
    t.equal(code, expected, what)
    if (code !== undefined && hasChanged) t.fail(`${what} changed something`)
  }
  t.equal(({} as { polluted?: unknown }).polluted, undefined)
  t.ok(await target.works(), 'the model works as before')
  await target.close()
})

const hellos: Record<string, { bytes: Buffer, code: string | undefined }> = {
  null: { bytes: text('null\n'), code: 'BAD_FRAME' },
  'a list': { bytes: text('[null,5,"x"]\n'), code: 'BAD_FRAME' },
  'an empty object': { bytes: text('{}\n'), code: 'BAD_FRAME' },
  HTTP: { bytes: text('GET / HTTP/1.1\r\n\r\n'), code: 'BAD_FRAME' },
  'a hello of 70 kB': { bytes: text(`{"tendril":1,"id":"${'x'.repeat(70_000)}`), code: 'BAD_FRAME' },
  'another version': { bytes: hello('ndjson', { tendril: 2 }), code: 'VERSION_UNSUPPORTED' },
  'a version that is text': { bytes: hello('ndjson', { tendril: '1' }), code: 'BAD_FRAME' },
  'no id': { bytes: hello('ndjson', { id: '' }), code: 'BAD_FRAME' },
  'an id too long': { bytes: hello('ndjson', { id: 'x'.repeat(65) }), code: 'BAD_FRAME' },
  'an id that is a list': { bytes: hello('ndjson', { id: ['a'] }), code: 'BAD_FRAME' },
  "an id '__proto__'": { bytes: hello('ndjson', { id: '__proto__' }), code: undefined },
  'our id': { bytes: hello('ndjson', { id: 'target' }), code: 'DUPLICATE_ID' },
  'an unknown codec': { bytes: hello('ndjson', { codec: 'xml' }), code: 'BAD_FRAME' },
  "a codec 'constructor'": { bytes: hello('ndjson', { codec: 'constructor' }), code: 'BAD_FRAME' },
  'a nonce too short': { bytes: hello('ndjson', { nonce: 'x' }), code: 'BAD_FRAME' },
  'channels that are no list': { bytes: hello('ndjson', { channels: {} }), code: 'BAD_FRAME' },
  'a channel twice': { bytes: hello('ndjson', { channels: [...channels, ...channels] }), code: 'BAD_FRAME' },
  '10,000 channels': { bytes: hello('ndjson', { channels: Array.from({ length: 1_000 }, (_, i) => ({ name: `${i}`, kind: 'model', epoch: 'e' })) }), code: 'BAD_FRAME' },
  'a channel of another kind': { bytes: hello('ndjson', { channels: [{ name: 'model', kind: 'set', epoch: 'e' }] }), code: undefined },
  'another cluster': { bytes: hello('ndjson', { cluster: 'x' }), code: 'CLUSTER_MISMATCH' },
  'a cluster that is a number': { bytes: hello('ndjson', { cluster: 5 }), code: 'BAD_FRAME' },
  'a secret where there is none': { bytes: hello('ndjson', { auth: true }), code: 'AUTH_FAILED' },
  'directions that are text': { bytes: hello('ndjson', { sends: 'yes' }), code: 'BAD_FRAME' },
  'fields of the future': { bytes: hello('ndjson', { future: { __proto__: 1 } }), code: undefined },
  'half a hello': { bytes: hello('ndjson').subarray(0, 50), code: undefined }
}

test('hellos', async t => {
  const target = new Target()
  for (const [what, { bytes, code: expected }] of Object.entries(hellos)) {
    const { code, hasChanged } = await target.attack([bytes])
    t.equal(code, expected, what)
    t.notOk(hasChanged, 'nothing changed')
  }
  t.ok(await target.works(), 'the model works as before')
  await target.close()
})
