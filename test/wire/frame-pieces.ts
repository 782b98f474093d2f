import fc from 'fast-check'
import { TendrilError } from '../../lib/ground/errors.js'
import type { CodecName } from '../../lib/wire/codec.js'
import { FrameReader } from '../../lib/wire/frames.js'

export const codecs: readonly CodecName[] = ['msgpack', 'ndjson']

export const maxFrameBytes = 1 << 20

/** Every frame that a reader finds in these chunks. */
export function readFrames (codec: CodecName, chunks: Iterable<Uint8Array>, maxBytes = maxFrameBytes): unknown[][] {
  const reader = new FrameReader(codec, maxBytes)
  const frames: unknown[][] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
  }
  return frames
}

/** The code that a reader refuses these chunks with, or how many frames it found; anything else it throws passes. */
export function outcome (codec: CodecName, chunks: Iterable<Uint8Array>, maxBytes = maxFrameBytes): string | number {
  try {
    return readFrames(codec, chunks, maxBytes).length
  } catch (error) {
    if (error instanceof TendrilError) return error.code
    throw error
  }
}

/** The same bytes in pieces of these sizes, over and over. */
export function cut (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1)
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

export const arbitrarySizes = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
  fc.constant([65_536])
)

/** A frame's body in MessagePack behind its length. */
export function counted (body: readonly number[] | Uint8Array): Buffer {
  const length: number[] = []
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    length.push(left < 128 ? left : (left % 128) + 128)
    if (left < 128) return Buffer.concat([Buffer.from(length), Buffer.from(body)])
  }
}

export function line (text: string): Buffer {
  return Buffer.from(text + '\n')
}
