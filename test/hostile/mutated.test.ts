import test from 'tape'
import { isErrorCode } from '../../lib/ground/errors.js'
import { FrameReader } from '../../lib/wire/frames.js'
import { Random } from './random.js'
import { encode, record } from './recording.js'
import type { Codec, Recording } from './recording.js'
import { maxFrameBytes, Target } from './target.js'

// Real traffic, damaged at random: each piece is valid all the same, or ends its one stream with a code and changes nothing.
// TENDRIL_SEED makes it another run, TENDRIL_INPUTS a longer one.

const seed = Number(process.env['TENDRIL_SEED'] ?? 1)
const inputs = Number(process.env['TENDRIL_INPUTS'] ?? 10_000)
const afresh = 500

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
function draw (recordings: readonly Recording[], random: Random): { codec: Codec, chunks: Buffer[] } {
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
function beginsWhole (codec: Codec, bytes: Buffer): boolean {
  try {
    const reader = new FrameReader(codec, maxFrameBytes)
    reader.push(bytes)
    return reader.next() !== undefined && reader.next() === undefined
  } catch {
    return false
  }
}

test(`${inputs} inputs, TENDRIL_SEED=${seed}`, async t => {
  const uncaught: unknown[] = []
  const onUncaught = (error: unknown): void => { uncaught.push(error) }
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  const random = new Random(seed)
  const recordings = [...await record('msgpack'), ...await record('ndjson')]
  const codes = new Map<string, number>()
  let target = new Target()
  for (let i = 0; i < inputs; i++) {
    const { codec, chunks } = draw(recordings, random)
    const last = chunks.at(-1) ?? Buffer.alloc(0)
    const fail = (what: string): void => { t.fail(`${what}: input ${i} of seed ${seed}, ${codec}: ${last.toString(codec === 'ndjson' ? 'utf8' : 'hex').slice(0, 400)}`) }
    try {
      const { code, hasChanged } = await target.attack(chunks)
      codes.set(code ?? 'taken', (codes.get(code ?? 'taken') ?? 0) + 1)
      if (code !== undefined && !isErrorCode(code)) fail(`an unknown code ${code}`)
      if (code !== undefined && hasChanged && (chunks.length === 1 || beginsWhole(codec, last))) fail(`refused with ${code}, and yet something changed`)
    } catch (error) {
      fail(`no TendrilError but ${String(error)}`)
    }
    if (uncaught.length > 0) fail(`an uncaught ${String(uncaught.splice(0)[0])}`)
    if (i % 100 === 99 && !await target.works().catch(() => false)) fail('the model does not work any more')
    if (i % afresh !== afresh - 1) continue
    await target.close()
    target = new Target()
  }
  await target.close()
  process.removeListener('uncaughtException', onUncaught)
  process.removeListener('unhandledRejection', onUncaught)
  const told = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`).join(', ')
  t.ok((codes.get('BAD_FRAME') ?? 0) > inputs / 10, told)
  t.ok((codes.get('taken') ?? 0) > inputs / 20, 'some were valid all the same, or not yet whole')
})
