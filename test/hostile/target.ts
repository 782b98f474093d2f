import { Model } from '../../lib/index.js'
import type { ReplicationStream } from '../../lib/index.js'
import { TendrilError } from '../../lib/ground/errors.js'
import { closing, join, meet, part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { until } from '../support/waiting.js'
import type { Assaulted } from './assault.js'

/** The target's own limit. */
export const maxFrameBytes = 65_536

/** What came of an attack. */
export interface Outcome {
  /** The code that the stream ended with; undefined if it went on. */
  readonly code: string | undefined
  /** Whether what the model holds was another thing after the last chunk. */
  readonly hasChanged: boolean
}

/** A live model that is attacked while it replicates with another one. */
export class Target implements Assaulted {
  readonly model = new Model({ id: 'target', maxKeyBytes: 64, maxValueBytes: 4_096, maxFrameBytes })
  readonly #friend = new Model({ id: 'friend' })
  readonly #pair: Pair
  #probes = 0

  constructor () {
    for (let i = 0; i < 10; i++) this.model.set(`own ${i}`, i)
    this.model.delete('own 9')
    this.#pair = join(this.model, this.#friend)
  }

  /** Everything about the model that can be seen. */
  get state (): string {
    const { streams, ...stats } = this.model.stats()
    return JSON.stringify([[...this.model], this.model.digest(), stats], (_, value: unknown) => typeof value === 'bigint' ? `${value}n` : value)
  }

  /** Gives a new stream the chunks, one after the other, and ends it. @throws what is no TendrilError */
  async attack (chunks: readonly Uint8Array[]): Promise<Outcome> { return await strike(this.model.createStream(), chunks, () => this.state) }

  /** Whether it still replicates both ways with the friend it had, and with a new one. */
  async works (): Promise<boolean> {
    const probe = `probe ${++this.#probes}`
    this.model.set('probe', probe)
    await until(() => this.#friend.get('probe') === probe, [this.#friend])
    this.#friend.set('answer', probe)
    await until(() => this.model.get('answer') === probe, [this.model])
    const another = new Model({ id: `another ${this.#probes}` })
    await part(await meet(this.model, another))
    await another.close()
    return another.get('probe') === probe && this.#pair.a.errored === null && this.model.stats().streams === 1
  }

  async close (): Promise<void> {
    await Promise.all([this.model.close(), this.#friend.close()])
  }
}

/** Gives a stream the chunks, one after the other, and ends it; `state` tells all that can be seen. @throws what is no TendrilError */
export async function strike (stream: ReplicationStream, chunks: readonly Uint8Array[], state: () => string): Promise<Outcome> {
  stream.resume()
  let before = state()
  for (const [i, chunk] of chunks.entries()) {
    if (i === chunks.length - 1) before = state()
    stream.write(chunk)
  }
  const hasChanged = state() !== before
  return { code: await endOf(stream), hasChanged }
}

/** The code that a stream ends with; undefined if it goes on. @throws what is no TendrilError */
export async function endOf (stream: ReplicationStream): Promise<string | undefined> {
  // What was refused closes by itself, within a few turns; what was not is still open.
  for (let i = 0; i < 3 && !stream.destroyed && stream.readable; i++) await new Promise<void>(resolve => { setImmediate(resolve) })
  const isOpen = !stream.destroyed && stream.readable
  if (isOpen) stream.destroy()
  await closing(stream)
  const { errored } = stream
  if (errored === null) return undefined
  if (errored instanceof TendrilError) return errored.code
  throw errored
}
