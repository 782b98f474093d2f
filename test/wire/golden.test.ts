import { readFileSync } from 'node:fs'
import test from 'tape'
import { sameValue } from '../../lib/ground/values.js'
import type { Value } from '../../lib/ground/values.js'
import { encodeFrame } from '../../lib/wire/codec.js'
import { decodeHello, encodeHello } from '../../lib/wire/hello.js'
import { codecs, readFrames } from './frame-pieces.js'
import { give, helloOf, secret, sent, start } from './hello-lines.js'

// The files are what version 1 of the wire looks like for ever: a change that makes these tests fail needs version 2,
// and a folder of its own. The lines of handshake.jsonl are the two hellos and then the two proofs, in order of role.

function golden (name: string): Buffer {
  return readFileSync(new URL(`../golden/wire-1/${name}`, import.meta.url))
}

const frames: ReadonlyArray<readonly Value[]> = [
  [0, 0],
  [0, 1, ['user:1', 0, 1, 1_700_000_000_000, { name: 'Ada', age: 36, admin: true, email: null }]],
  [1, 7, [127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, -1, -32, -33, -128, -129, -32_769, -2_147_483_649, 0.5]],
  [2, 3, [0n, 1n, -1n, -(2n ** 63n), 2n ** 64n - 1n]],
  [3, 4, new Uint8Array([0, 1, 254, 255]), new Uint8Array(0)],
  [4, 5, ['', 'ü', '中', '𝄞', '\ufeff', 'x'.repeat(32), 'y'.repeat(256), '"\\\n\u0000\u2028']],
  [5, 6, { $bytes: 'AQID' }, { $bigint: 1 }, { $$x: [] }, { $a: 1, $b: 2 }, { constructor: {}, toJSON: null }, JSON.parse('{"__proto__":1}') as Value]
]

for (const codec of codecs) {
  test(`golden frames of wire version 1, ${codec}`, t => {
    const bytes = golden(`frames.${codec}`)
    const read = readFrames(codec, [bytes]) as Value[]
    t.equal(read.length, frames.length)
    for (const [i, frame] of frames.entries()) t.ok(sameValue(frame, read[i] ?? null), `frame ${i} reads as it was meant`)
    t.ok(Buffer.concat(frames.map(frame => encodeFrame(codec, frame))).equals(bytes), 'and is written as it was')
    t.end()
  })
}

test('golden handshake of wire version 1', t => {
  const [first = '', second = '', firstProof = '', secondProof = ''] = golden('handshake.jsonl').toString().split(/(?<=\n)/)
  const more = { cluster: 'golden', auth: true, binding: true }
  const [b, a] = [helloOf('b', more), helloOf('a', { ...more, codec: 'ndjson', receives: false })]
  t.deepEqual([decodeHello(Buffer.from(first)), decodeHello(Buffer.from(second))], [b, a])
  t.deepEqual([b, a].map(hello => encodeHello(hello).toString() + '\n'), [first, second])
  const ends = [start(b, secret, () => Buffer.from('exporter')), start(a, secret, () => Buffer.from('exporter'))] as const
  t.ok(give(ends[0], Buffer.from(second + secondProof)).met)
  t.ok(give(ends[1], Buffer.from(first + firstProof)).met)
  t.deepEqual(ends.map(end => sent(end).toString()), [first + firstProof, second + secondProof])
  t.end()
})
