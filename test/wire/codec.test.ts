import fc from 'fast-check'
import test from 'tape'
import { sameValue } from '../../lib/ground/values.js'
import type { Value } from '../../lib/ground/values.js'
import { encodeFrame } from '../../lib/wire/codec.js'
import type { CodecName } from '../../lib/wire/codec.js'
import { arbitraryValue } from '../ground/arbitrary-value.js'
import { arbitrarySizes, codecs, cut, outcome, readFrames } from './frame-pieces.js'

function roundTrip (codec: CodecName, value: Value): unknown {
  const [frame] = readFrames(codec, [encodeFrame(codec, [0, 0, value])])
  return frame?.[2]
}

/** Decoded values are of the very types that {@link Value} names, so comparing them as such is sound. */
function arrives (codec: CodecName, value: Value): boolean {
  return sameValue(value, roundTrip(codec, value) as Value)
}

for (const codec of codecs) {
  test(`${codec}: frames arrive as they left, in whatever pieces`, t => {
    const frame = fc.tuple(fc.nat(), fc.nat(), arbitraryValue(), arbitraryValue())
    fc.assert(fc.property(fc.array(frame, { maxLength: 5 }), arbitrarySizes, (frames, sizes) => {
      const bytes = Buffer.concat(frames.map(each => encodeFrame(codec, each)))
      const read = readFrames(codec, cut(bytes, sizes)) as Value[]
      return sameValue(read, frames)
    }))
    t.end()
  })

  test(`${codec}: integers keep their type`, t => {
    for (const value of [0n, 1n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 12n]) t.equal(roundTrip(codec, value), value)
    for (const value of [0, 1, -1, 2 ** 32, 2 ** 53, -(2 ** 40), 1e21, 0.1]) t.equal(roundTrip(codec, value), value)
    t.end()
  })

  test(`${codec}: a Buffer and an empty Uint8Array arrive as Uint8Array`, t => {
    for (const value of [Buffer.from([1, 2]), new Uint8Array(0), new Uint8Array([0, 255]).subarray(1)]) {
      const arrived = roundTrip(codec, [value])
      const [bytes] = Array.isArray(arrived) ? arrived as unknown[] : []
      t.ok(bytes instanceof Uint8Array && !Buffer.isBuffer(bytes) && sameValue(bytes, new Uint8Array(value)))
    }
    t.end()
  })

  test(`${codec}: keys that objects are born with are keys like others`, t => {
    const texts = ['{"__proto__":1}', '{"__proto__":{"a":1},"b":2}', '{"constructor":"x","toJSON":1,"hasOwnProperty":2}', '{"length":1}', '{"":1}']
    for (const text of texts) {
      const value = JSON.parse(text) as Value
      t.ok(arrives(codec, value), text)
      t.equal(JSON.stringify(roundTrip(codec, value)), text)
    }
    t.equal(Reflect.get({}, 'a'), undefined, 'nothing was polluted')
    t.end()
  })

  test(`${codec}: text of every length and script`, t => {
    for (const unit of ['a', 'é', '中', '𝄞', '\ufeff', '\u0000']) {
      for (const length of [1, 4, 12, 13, 31, 32, 48, 49, 64, 65, 255, 256, 65_536]) {
        const text = unit.repeat(length)
        if (!arrives(codec, text) || !arrives(codec, { [text]: text })) t.fail(`${JSON.stringify(unit)} x ${length}`)
      }
    }
    t.ok(arrives(codec, '\ufeff' + 'x'.repeat(100)), 'a byte order mark in front of text')
    t.end()
  })

  test(`${codec}: more keys than 16 bits count`, t => {
    t.ok(arrives(codec, Object.fromEntries(Array.from({ length: 65_540 }, (_, i) => [`k${i}`, i % 3]))))
    t.end()
  })

  test(`${codec}: what was decoded shares no memory with the chunk`, t => {
    const chunk = Buffer.from(encodeFrame(codec, [0, 0, new Uint8Array([1, 2, 3]), 'text']))
    const [frame] = readFrames(codec, [chunk])
    chunk.fill(0)
    t.ok(sameValue(frame as Value[], [0, 0, new Uint8Array([1, 2, 3]), 'text']))
    t.end()
  })
}

test('ndjson: bytes, bigints, and what looks like them, are escaped as documented', t => {
  const written = (value: Value): string => encodeFrame('ndjson', [1, 2, value]).toString()
  t.equal(written(new Uint8Array([1, 2, 3])), '[1,2,{"$bytes":"AQID"}]\n')
  t.equal(written(-12n), '[1,2,{"$bigint":"-12"}]\n')
  t.equal(written({ $bytes: 'AQID' }), '[1,2,{"$$bytes":"AQID"}]\n')
  t.equal(written({ $$set: { $set: 1n } }), '[1,2,{"$$$set":{"$$set":{"$bigint":"1"}}}]\n')
  t.equal(written({ $a: 1, b: 2 }), '[1,2,{"$a":1,"b":2}]\n')
  t.equal(written({ a: '$bytes' }), '[1,2,{"a":"$bytes"}]\n')
  t.end()
})

test('ndjson: an escape in another spelling is an escape; one that nobody writes is refused', t => {
  const [frame] = readFrames('ndjson', [Buffer.from('[1,2,{"\\u0024bigint":"7"}]\n')])
  t.equal(frame?.[2], 7n)
  const refused = [
    '{"$bytes":"AQI"}', '{"$bytes":"A QID"}', '{"$bytes":1}', '{"$bigint":"1.5"}', '{"$bigint":""}', '{"$bigint":"0x10"}',
    '{"$bigint":"007"}', '{"$bigint":"-0"}', `{"$bigint":"${'9'.repeat(21)}"}`, '{"$bigint":12}', '{"$unknown":1}', '{"$":1}'
  ]
  for (const escape of refused) t.equal(outcome('ndjson', [Buffer.from(`[1,2,${escape}]\n`)]), 'BAD_FRAME', escape)
  t.end()
})
