import test from 'tape'
import { TendrilError } from '../../lib/ground/errors.js'
import { encodeFrame } from '../../lib/wire/codec.js'
import { FrameReader } from '../../lib/wire/frames.js'
import { codecs, counted, cut, line, outcome, readFrames } from './frame-pieces.js'

function thrown (act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

for (const codec of codecs) {
  test(`${codec}: a chunk of many frames, and a frame of many chunks`, t => {
    const small = encodeFrame(codec, [0, 1, 'x'])
    t.equal(readFrames(codec, [Buffer.concat(new Array<Buffer>(5000).fill(small))]).length, 5000)
    const large = encodeFrame(codec, [0, 1, 'x'.repeat(300_000)])
    for (const sizes of [[1], [7, 1, 4096], [65_536]]) {
      const [frame, ...more] = readFrames(codec, cut(Buffer.concat([large, small]), sizes))
      t.equal(String(frame?.[2]).length, 300_000, `in pieces of ${sizes.join()}`)
      t.deepEqual(more, [[0, 1, 'x']])
    }
    t.end()
  })

  test(`${codec}: a chunk is its owner's again once next() returned undefined`, t => {
    const reader = new FrameReader(codec, 1000)
    const bytes = encodeFrame(codec, [3, 4, 'some text'])
    const chunk = Buffer.alloc(4)
    const frames: unknown[] = []
    for (const piece of cut(bytes, [4])) {
      chunk.set(piece)
      reader.push(chunk.subarray(0, piece.length))
      const frame = reader.next()
      if (frame !== undefined) frames.push(frame)
      chunk.fill(0x7a)
    }
    t.deepEqual(frames, [[3, 4, 'some text']])
    t.end()
  })

  test(`${codec}: pushes without a next() between them lose nothing`, t => {
    const reader = new FrameReader(codec, 1000)
    for (const piece of cut(Buffer.concat([encodeFrame(codec, [1, 2]), encodeFrame(codec, [3, 4])]), [1])) reader.push(piece)
    t.deepEqual([reader.next(), reader.next(), reader.next()], [[1, 2], [3, 4], undefined])
    t.end()
  })

  test(`${codec}: a reader that threw is dead`, t => {
    const reader = new FrameReader(codec, 1000)
    reader.push(Buffer.from([0x02, 0xc1, 0x0a, 0x0a]))
    const error = thrown(() => reader.next())
    t.ok(error instanceof TendrilError && error.code === 'BAD_FRAME')
    t.equal(thrown(() => reader.next()), error)
    t.equal(thrown(() => { reader.push(encodeFrame(codec, [1, 2])) }), error)
    t.end()
  })

  test(`${codec}: frames before a bad one still arrive`, t => {
    const reader = new FrameReader(codec, 1000)
    reader.push(Buffer.concat([encodeFrame(codec, [1, 2]), Buffer.from([0x02, 0xc1, 0x0a, 0x0a])]))
    t.deepEqual(reader.next(), [1, 2])
    t.ok(thrown(() => reader.next()) instanceof TendrilError)
    t.end()
  })
}

test('msgpack: a length beyond the limit is refused as soon as it is known', t => {
  t.equal(outcome('msgpack', [counted(new Uint8Array(101))], 100), 'FRAME_TOO_LARGE')
  t.equal(outcome('msgpack', [Buffer.from([0xe5])], 100), 'FRAME_TOO_LARGE', 'before the varint has ended')
  t.equal(outcome('msgpack', [Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07])]), 'FRAME_TOO_LARGE', '2^31')
  const [frame] = readFrames('msgpack', [encodeFrame('msgpack', [1, 2, 'x'.repeat(93)])], 98)
  t.equal(String(frame?.[2]).length, 93, 'exactly the limit')
  t.end()
})

test('ndjson: a line beyond the limit is refused as soon as so much came', t => {
  t.equal(outcome('ndjson', [Buffer.alloc(101, '[')], 100), 'FRAME_TOO_LARGE')
  t.equal(outcome('ndjson', [Buffer.alloc(100, '[')], 100), 0, 'not yet')
  t.equal(outcome('ndjson', cut(Buffer.alloc(101, '['), [1]), 100), 'FRAME_TOO_LARGE')
  t.equal(outcome('ndjson', [line(`[1,2,"${'x'.repeat(94)}"]`)], 102), 1, 'exactly the limit')
  t.equal(outcome('ndjson', [line(`[1,2,"${'x'.repeat(94)}"]`)], 101), 'FRAME_TOO_LARGE')
  t.end()
})

test('ndjson: a carriage return before the newline is let pass', t => {
  t.deepEqual(readFrames('ndjson', [Buffer.from('[1,2]\r\n[3,4]\n')]), [[1, 2], [3, 4]])
  t.end()
})

test('msgpack: a length may be padded, up to five bytes', t => {
  t.deepEqual(readFrames('msgpack', [Buffer.from([0x83, 0x80, 0x80, 0x80, 0x00, 0x92, 1, 2])]), [[1, 2]])
  t.equal(outcome('msgpack', [Buffer.from([0x83, 0x80, 0x80, 0x80, 0x80, 0x00])]), 'BAD_FRAME')
  t.end()
})

test('msgpack: no memory is taken for a length that is only claimed', t => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 64 }, () => new FrameReader('msgpack', 2 ** 31))
  for (const reader of readers) {
    reader.push(Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0x92, 1]))
    reader.next()
  }
  t.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20, '64 readers, told of a gigabyte each')
  t.end()
})
