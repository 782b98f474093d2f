import { TendrilError } from '../ground/errors.js'
import type { ErrorCode } from '../ground/errors.js'

const newline = 0x0a
const longestVarint = 5
const smallest = 1024
const nothing = Buffer.alloc(0)

/**
 * Bytes that have arrived and wait to make a unit: a line, or as many as their varint says.
 *
 * A unit within one chunk is handed out without a copy. What is left of a chunk is copied to memory of our own, which
 * doubles as bytes arrive: time and memory are linear in what came, whatever the pieces, and never taken for a length
 * that a peer merely claims.
 */
export class PendingBytes {
  #bytes: Buffer = nothing
  #start = 0
  #end = 0
  /** Whether `#bytes` is our own, not a chunk that its owner may use again. */
  #owned = false
  /** How many bytes from `#start` are known to hold no newline. */
  #searched = 0

  get size (): number {
    return this.#end - this.#start
  }

  get first (): number | undefined {
    return this.size > 0 ? this.#bytes[this.#start] : undefined
  }

  append (chunk: Uint8Array): void {
    if (this.size > 0) {
      this.#makeRoom(chunk.length)
      this.#bytes.set(chunk, this.#end)
      this.#end += chunk.length
    } else {
      this.#bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      this.#start = 0
      this.#end = chunk.length
      this.#owned = false
      this.#searched = 0
    }
  }

  /**
   * The next line without its newline, once it is all there; valid until the next `append`.
   * @throws TendrilError with `code` for a line of more than `maxBytes`, as soon as so many came
   */
  takeLine (maxBytes: number, code: ErrorCode): Buffer | undefined {
    const found = this.#bytes.subarray(this.#start + this.#searched, this.#end).indexOf(newline)
    const length = found < 0 ? this.size : this.#searched + found
    if (length > maxBytes) throw new TendrilError(code, `Received a line of more than ${maxBytes} bytes`)
    if (found >= 0) return this.#take(0, length, 1)
    this.#searched = length
    return this.#keep()
  }

  /**
   * The next unit behind a varint of its length, once it is all there; valid until the next `append`.
   * @throws TendrilError with code FRAME_TOO_LARGE for one of more than `maxBytes`, as soon as its length is known
   */
  takeCounted (maxBytes: number): Buffer | undefined {
    let length = 0
    for (let i = 0, scale = 1; i < longestVarint; i++, scale *= 0x80) {
      if (i === this.size) return this.#keep()
      const byte = this.#bytes[this.#start + i] ?? 0
      length += (byte & 0x7f) * scale
      if (length > maxBytes) throw new TendrilError('FRAME_TOO_LARGE', `Received a frame of more than ${maxBytes} bytes`)
      if (byte < 0x80) return length > this.size - i - 1 ? this.#keep() : this.#take(i + 1, length, 0)
    }
    throw new TendrilError('BAD_FRAME', `Received a length of more than ${longestVarint} bytes`)
  }

  /** All that is left; nothing is pending afterwards. */
  takeAll (): Buffer {
    return this.#take(0, this.size, 0)
  }

  #take (before: number, length: number, after: number): Buffer {
    const start = this.#start + before
    this.#start = start + length + after
    this.#searched = 0
    return this.#bytes.subarray(start, start + length)
  }

  /** Nothing more can be taken for now: lets the chunk go, and keeps only what is left of it. */
  #keep (): undefined {
    if (this.size === 0) {
      this.#bytes = nothing
      this.#start = this.#end = 0
    } else if (!this.#owned) {
      this.#makeRoom(0)
    }
  }

  #makeRoom (extra: number): void {
    const { size } = this
    if (this.#owned && this.#end + extra <= this.#bytes.length) return
    // Moving down is paid for by the bytes that went; growing, by those that came since the last time.
    const room = this.#owned && this.#start >= size && size + extra <= this.#bytes.length
      ? this.#bytes
      : Buffer.allocUnsafeSlow(Math.max(smallest, 2 * (size + extra)))
    this.#bytes.copy(room, 0, this.#start, this.#end)
    this.#bytes = room
    this.#start = 0
    this.#end = size
    this.#owned = true
  }
}
