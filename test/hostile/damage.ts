import { FrameReader } from '../../lib/wire/frames.js'
import type { Random } from './random.js'
import { encode } from './recording.js'
import type { Codec, Recording } from './recording.js'

// Real traffic, damaged at random.

const odd: readonly unknown[] = [
  null, true, false, 0, -1, 0.5, 1e300, -1e300, 5e-324, 2 ** 31, 2 ** 32, 2 ** 48, 2 ** 48 + 1, 2 ** 53, 2 ** 53 - 1, 2n ** 64n - 1n, -1n,
  '', '@', 'a@', '@b', 'no source', 'a@B', '__proto__', 'constructor', 'x'.repeat(70), 'x'.repeat(5_000), '\u0000', [], [[]], {},
  [null, 5, 'x'], { __proto__: null }, JSON.parse('{"__proto__":1}'), new Uint8Array(0), new Uint8Array(5_000), Array.from({ length: 110 }).reduce<unknown>(inner => [inner], 1)
]

/** A copy with one node, anywhere, that is something else, gone, or there twice. */
function damage (value: unknown, random: Random): unknown {
  if (Array.isArray(value) && value.length > 0 && random.next() < 0.8) {
    const copy: unknown[] = [...value as unknown[]]
    const at = random.below(copy.length)
    const how = random.next()
    if (how < 0.08) copy.splice(at, 1)
    else if (how < 0.16) copy.splice(at, 0, copy[at])
    else if (how < 0.2) copy.push(random.pick(odd))
    else copy[at] = damage(copy[at], random)
    return copy
  }
  if (typeof value === 'number' && random.next() < 0.4) return value + random.pick([-1, 1, 0.5, 4096 * 59_000, 4096 * 61_000, 2 ** 48])
  return random.pick(odd)
}

function damageBytes (bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  switch (random.below(6)) {
    case 0: return copy.subarray(0, at)
    case 1: return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(8)), copy.subarray(at)])
    case 2: return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(8))])
    case 3: return random.bytes(1 + random.below(64))
    default:
      for (let flips = 1 + random.below(4); flips > 0; flips--) {
        const i = random.below(copy.length)
        copy[i] = (copy[i] ?? 0) ^ (1 << random.below(8))
      }
      return copy
  }
}

/** The chunks of an attack: what is damaged comes last, so that it is known what it changed. */
export function draw (recordings: readonly Recording[], random: Random): { codec: Codec, chunks: Buffer[] } {
  const { codec, hello, frames } = random.pick(recordings)
  if (random.next() < 0.08) return { codec, chunks: [damageBytes(hello, random)] }
  const count = random.below(frames.length)
  const good = frames.slice(0, count).map(frame => encode(codec, frame))
  const victim = random.next() < 0.8 ? frames[count] ?? [] : random.pick(frames)
  if (random.next() < 0.5) return { codec, chunks: [hello, ...good, damageBytes(encode(codec, victim), random)] }
  const body = damage(victim.slice(1), random)
  const channel = random.next() < 0.9 ? 1 : random.pick(odd)
  const bad = encode(codec, Array.isArray(body) ? [channel, ...body as unknown[]] : [channel, body])
  return { codec, chunks: [hello, ...good, bad] }
}

/** Whether these bytes begin with a whole frame: that one may be valid, and change something before the next is refused. */
export function beginsWhole (codec: Codec, bytes: Buffer, maxFrameBytes: number): boolean {
  try {
    const reader = new FrameReader(codec, maxFrameBytes)
    reader.push(bytes)
    return reader.next() !== undefined && reader.next() === undefined
  } catch {
    return false
  }
}
