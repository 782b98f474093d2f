import { encodeFrame } from '../../lib/wire/codec.js'
import { FrameReader } from '../../lib/wire/frames.js'
import { Model } from '../../lib/index.js'
import type { ReplicationStream } from '../../lib/index.js'
import { closing, convergence, part } from '../support/pairs.js'
import { once } from '../support/waiting.js'

export type Codec = 'msgpack' | 'ndjson'

/** What one end of a real connection said: its hello and its frames. */
export interface Recording {
  readonly codec: Codec
  readonly hello: Buffer
  readonly frames: ReadonlyArray<readonly unknown[]>
}

/**
 * Real traffic of every type: entries with and without ttl, deletes, contexts of concurrent writes, acknowledgements, a
 * session that goes on from a place, a digest, a full join.
 */
export async function record (codec: Codec): Promise<Recording[]> {
  const recordings: Recording[] = []
  const [a, b] = [new Model({ id: 'recorded', deletesKept: 0 }), new Model({ id: 'listener' })]
  const session = async (live: () => void, to: Model = b): Promise<void> => {
    const [one, two] = [a.createStream({ codec }), to.createStream({ codec })]
    const said = listenTo(one)
    one.pipe(two).pipe(one)
    await Promise.all([once(one, 'sync'), once(two, 'sync')])
    live()
    await convergence(a, to)
    await part({ a: one, b: two })
    recordings.push(read(codec, said()))
  }
  a.set('text', 'value ü')
  a.set('all', { list: [1, -1, 0.5, null, true], bytes: Uint8Array.of(1, 2, 3), big: 2n ** 63n, nested: [[{}]] })
  a.set('short', 1, { ttl: 1e6 })
  b.set('text', 'concurrent')
  await session(() => {
    a.set('live', 1)
    b.set('from b', 2)
    a.delete('all')
  })
  b.set('text', 'seen')
  await session(() => { a.set('text', 'seen too') })
  const late = new Model({ id: 'late' })
  late.set('text', 'from late')
  await session(() => { a.delete('text') }, late)
  for (let i = 0; i < 30; i++) a.set(`k${i}`, i)
  for (let i = 0; i < 20; i++) a.delete(`k${i}`)
  await session(() => {})
  await Promise.all([a, b, late].map(model => model.close()))
  return recordings
}

/** Notes what a stream gives out. */
export function listenTo (stream: ReplicationStream): () => Buffer {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  closing(stream).catch(() => {})
  return () => Buffer.concat(chunks)
}

/** What was noted, as a hello and frames. */
export function read (codec: Codec, bytes: Buffer): Recording {
  const end = bytes.indexOf('\n') + 1
  const reader = new FrameReader(codec, 1 << 20)
  reader.push(bytes.subarray(end))
  const frames: unknown[][] = []
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
  return { codec, hello: bytes.subarray(0, end), frames }
}

export function encode (codec: Codec, frame: readonly unknown[]): Buffer {
  return Buffer.from(encodeFrame(codec, frame))
}
