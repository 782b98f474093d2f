import fc from 'fast-check'
import test from 'tape'
import { inspectValue } from '../../lib/ground/values.js'
import { encodeFrame } from '../../lib/wire/codec.js'
import type { CodecName } from '../../lib/wire/codec.js'
import { arbitraryValue } from '../ground/arbitrary-value.js'
import { arbitrarySizes, codecs, counted, cut, line, maxFrameBytes, outcome, readFrames } from './frame-pieces.js'

const levels = 200_000

function repeated (unit: readonly number[], times: number): Buffer {
  return Buffer.concat(new Array<Buffer>(times).fill(Buffer.from(unit)))
}

const badMsgpack: Record<string, Uint8Array> = {
  'an empty frame': counted([]),
  'not an array: nil': counted([0xc0]),
  'not an array: a map': counted([0x80]),
  'an empty array': counted([0x90]),
  'one element': counted([0x91, 1]),
  'a null for a channel': counted([0x93, 0xc0, 5, 0xa1, 0x78]),
  'a negative type': counted([0x92, 1, 0xff]),
  'a bigint for a type': counted([0x92, 1, 0xd3, 0, 0, 0, 0, 0, 0, 0, 1]),
  'a fraction for a channel': counted([0x92, 0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 1]),
  'bytes behind the array': counted([0x92, 1, 2, 3]),
  'an early end': counted([0x93, 1, 2]),
  'half a float': counted([0x93, 1, 2, 0xcb, 0, 0]),
  'a string longer than its frame': counted([0x93, 1, 2, 0xa5, 0x78]),
  'half a character': counted([0x93, 1, 2, 0xa1, 0xc3]),
  'half a character in a long string': counted([0x93, 1, 2, 0xd9, 64, ...new Array<number>(63).fill(0x61), 0xe2]),
  'an encoded surrogate': counted([0x93, 1, 2, 0xa3, 0xed, 0xa0, 0x80]),
  'an overlong encoding': counted([0x93, 1, 2, 0xa2, 0xc0, 0x80]),
  'a key that is a number': counted([0x93, 1, 2, 0x81, 1, 1]),
  'a key that is half a character': counted([0x93, 1, 2, 0x81, 0xa1, 0xc3, 1]),
  'a key that is bytes': counted([0x93, 1, 2, 0x81, 0xc4, 1, 0x61, 1]),
  'the type that is never used': counted([0x93, 1, 2, 0xc1]),
  'a date': counted([0x93, 1, 2, 0xd6, 0xff, 0, 0, 0, 0]),
  'an undefined of msgpackr': counted([0x93, 1, 2, 0xd4, 0, 0]),
  'a record of msgpackr': counted([0x93, 1, 2, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]),
  'an error of msgpackr': counted([0x93, 1, 2, 0xc7, 0, 0x65, 0x93, 0xa1, 0x78, 0xa1, 0x78, 0xc0]),
  'a set of msgpackr': counted([0x93, 1, 2, 0xd4, 0x73, 0, 0x91, 1]),
  'an array of 2^31': counted([0x93, 1, 2, 0xdd, 0x80, 0, 0, 0]),
  'a map of 2^31': counted([0x93, 1, 2, 0xdf, 0x80, 0, 0, 0]),
  'a string of 2^31': counted([0x93, 1, 2, 0xdb, 0x80, 0, 0, 0]),
  'bytes of 2^31': counted([0x93, 1, 2, 0xc6, 0x80, 0, 0, 0]),
  'arrays in arrays that each claim the rest': counted(repeated([0xdc, 0xff, 0xff], 1000)),
  'an extension of 2^31': counted([0x93, 1, 2, 0xc9, 0x80, 0, 0, 0, 1]),
  'arrays 200,000 deep': counted(Buffer.concat([Buffer.from([0x93, 1, 2]), repeated([0x91], levels), Buffer.from([0])])),
  'maps 200,000 deep': counted(Buffer.concat([Buffer.from([0x93, 1, 2]), repeated([0x81, 0xa1, 0x61], levels), Buffer.from([0])]))
}

const badNdjson: Record<string, Uint8Array> = {
  'an empty line': line(''),
  'a carriage return alone': line('\r'),
  null: line('null'),
  'an object': line('{"0":1,"1":2,"length":2}'),
  'a string': line('"ab"'),
  'an empty array': line('[]'),
  'one element': line('[1]'),
  'a null for a channel': line('[null,5,"x"]'),
  'a text for a type': line('[1,"2"]'),
  'a fraction for a type': line('[1,2.5]'),
  'a channel beyond 2^53': line('[9007199254740992,1]'),
  'a channel that is an escape': line('[{"$bigint":"1"},1]'),
  'two arrays': line('[1,2][3,4]'),
  'half an array': line('[1,2,'),
  'no JSON': line('GET / HTTP/1.1'),
  'a byte order mark': line('\ufeff[1,2]'),
  NaN: line('[1,2,NaN]'),
  'half a character': Buffer.from([0x5b, 0x31, 0x2c, 0x32, 0x2c, 0x22, 0xe2, 0x82, 0x22, 0x5d, 0x0a]),
  'arrays 200,000 deep': line(`[1,2,${'['.repeat(levels)}${']'.repeat(levels)}]`),
  'objects 200,000 deep': line(`[1,2,${'{"":'.repeat(levels)}1${'}'.repeat(levels)}]`),
  'arrays 200,000 deep without an end': line('['.repeat(levels)),
  'escapes 200,000 deep': line(`[1,2,${'{"$$":'.repeat(100_000)}1${'}'.repeat(100_000)}]`)
}

test('what is no frame is refused', t => {
  for (const [name, bytes] of Object.entries(badMsgpack)) t.equal(outcome('msgpack', [bytes]), 'BAD_FRAME', `msgpack: ${name}`)
  for (const [name, bytes] of Object.entries(badNdjson)) {
    t.equal(outcome('ndjson', [bytes], 2 * maxFrameBytes), 'BAD_FRAME', `ndjson: ${name}`)
  }
  t.end()
})

test('a line of 26 MB is refused after the limit, not kept', t => {
  const chunk = Buffer.alloc(65_536, 'x')
  let taken = 0
  const chunks = function * (): Generator<Uint8Array> {
    for (; taken < 400; taken++) yield chunk
  }
  t.equal(outcome('ndjson', chunks()), 'FRAME_TOO_LARGE')
  t.equal(taken, 16)
  t.equal(outcome('ndjson', [Buffer.alloc(26_000_000, '[')]), 'FRAME_TOO_LARGE', 'in one chunk')
  t.end()
})

test('a number that is none gets through the codec, and is refused as a value', t => {
  const nan = readFrames('msgpack', [counted([0x93, 1, 2, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0])])
  const infinite = readFrames('ndjson', [line('[1,2,1e999]')])
  for (const [frame] of [nan, infinite]) t.throws(() => inspectValue(frame?.[2], 100), { code: 'BAD_FRAME' })
  t.end()
})

test('__proto__ of a peer is a key, and pollutes nothing', t => {
  const frames: Array<[CodecName, Buffer]> = [
    ['ndjson', line('[1,2,{"__proto__":{"polluted":1}}]')],
    ['msgpack', counted([0x93, 1, 2, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x81, 0xa8, ...Buffer.from('polluted'), 1])]
  ]
  for (const [codec, bytes] of frames) {
    const [frame] = readFrames(codec, [bytes])
    t.deepEqual(Object.keys(frame?.[2] ?? {}), ['__proto__'], codec)
    t.equal(Reflect.get(Object(frame?.[2]) as object, 'polluted'), undefined)
  }
  t.end()
})

/** One byte changed, some cut off, some put in: frames that are nearly right reach deeper than noise. */
const damage = fc.array(fc.tuple(fc.constantFrom('flip', 'cut', 'insert'), fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })

function damaged (bytes: Buffer, how: ReadonlyArray<readonly [string, number, number]>): Buffer {
  return how.reduce((now, [kind, where, byte]) => {
    const at = where % (now.length + 1)
    if (kind === 'cut') return now.subarray(0, at)
    const after = now.subarray(kind === 'flip' ? at + 1 : at)
    return Buffer.concat([now.subarray(0, at), Buffer.from([byte]), after])
  }, bytes)
}

for (const codec of codecs) {
  test(`${codec}: damaged frames end in a frame or a refusal`, t => {
    const frames = fc.array(fc.tuple(fc.nat(), fc.nat(), arbitraryValue()), { minLength: 1, maxLength: 3 })
    fc.assert(fc.property(frames, damage, arbitrarySizes, (offered, how, sizes) => {
      const bytes = Buffer.concat(offered.map(frame => encodeFrame(codec, frame)))
      outcome(codec, cut(damaged(bytes, how), sizes))
    }), { numRuns: 2500 })
    t.end()
  })

  test(`${codec}: noise ends in a frame or a refusal`, t => {
    const noise = fc.uint8Array({ maxLength: 400 })
    const framed = noise.map(body => codec === 'msgpack' ? counted(Buffer.concat([Buffer.from([0x93, 1, 2]), body])) : Buffer.concat([Buffer.from('[1,2,'), body, line(']')]))
    fc.assert(fc.property(fc.oneof(noise, framed), arbitrarySizes, (bytes, sizes) => {
      outcome(codec, cut(bytes, sizes))
    }), { numRuns: 2500 })
    t.end()
  })
}
