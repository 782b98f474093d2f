import { TendrilError } from '../ground/errors.js'
import { badFrame } from './bad-frame.js'
import { decodeBody } from './codec.js'
import type { CodecName } from './codec.js'
import { PendingBytes } from './pending.js'

const carriageReturn = 0x0d

/**
 * Cuts the bytes of a stream, in whatever pieces they come, into frames.
 *
 * `push` a chunk, then call `next` until it returns undefined; from then on the chunk is its owner's again. A reader that
 * threw is dead: it throws the same error ever after.
 */
export class FrameReader {
  readonly #codec: CodecName
  readonly #maxFrameBytes: number
  #pending = new PendingBytes()
  #failure: TendrilError | undefined

  /** `maxFrameBytes` limits a frame's body, without its length or newline. */
  constructor (codec: CodecName, maxFrameBytes: number) {
    this.#codec = codec
    this.#maxFrameBytes = maxFrameBytes
  }

  /** @throws TendrilError, only if an earlier `next` did */
  push (chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#pending.append(chunk)
  }

  /**
   * The next frame: an array that begins with two non-negative integers, a channel and a type. The rest of it is the
   * peer's word, and to be checked. Undefined until more bytes come.
   * @throws TendrilError with code FRAME_TOO_LARGE or BAD_FRAME
   */
  next (): unknown[] | undefined {
    if (this.#failure !== undefined) throw this.#failure
    try {
      const body = this.#takeBody()
      return body && checkFrame(decodeBody(this.#codec, body))
    } catch (error) {
      this.#pending = new PendingBytes()
      this.#failure = error instanceof TendrilError ? error : badFrame('bytes that cannot be decoded', error)
      throw this.#failure
    }
  }

  #takeBody (): Buffer | undefined {
    if (this.#codec === 'msgpack') return this.#pending.takeCounted(this.#maxFrameBytes)
    const line = this.#pending.takeLine(this.#maxFrameBytes, 'FRAME_TOO_LARGE')
    return line?.at(-1) === carriageReturn ? line.subarray(0, -1) : line
  }
}

function checkFrame (frame: unknown): unknown[] {
  if (!Array.isArray(frame)) throw badFrame('a frame that is not an array')
  const items: unknown[] = frame
  if (!isCount(items[0]) || !isCount(items[1])) throw badFrame('a frame without a channel and a type')
  return items
}

function isCount (value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
