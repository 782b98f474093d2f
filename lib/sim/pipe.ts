import type { World } from './world.js'
import type { Random } from './random.js'

/** How bytes travel. It may change while they do. */
export interface Conditions {
  /** How long bytes are under way, at most, in milliseconds. */
  readonly latencyMs: number
  /** Bytes arrive in pieces of 1 up to so many, which may cut a frame anywhere. */
  readonly pieceBytes: number
  /** How many bytes may be under way before there is no room for more: a single frame may exceed it. */
  readonly roomBytes: number
}

export interface PipeEnds {
  /** Bytes came. `next` wants to be called, once, when the reader takes more. */
  readonly onBytes: (bytes: Buffer, next: () => void) => void
  /** The writer ended the pipe, and all its bytes have come. */
  readonly onEnd: () => void
  /** There is room again. */
  readonly onRoom: () => void
}

/** One direction of a wire: bytes come in order, late, and in pieces, as fast as the reader takes them. */
export class Pipe {
  readonly #world: World
  readonly #random: Random
  readonly #conditions: Conditions
  readonly #ends: PipeEnds
  #chunks: Buffer[] = []
  #bytes = 0
  #isMoving = false
  #hasEnded = false
  #isBroken = false
  #stalledUntil = 0

  constructor (world: World, random: Random, conditions: Conditions, ends: PipeEnds) {
    this.#world = world
    this.#random = random
    this.#conditions = conditions
    this.#ends = ends
  }

  get hasRoom (): boolean { return this.#bytes < this.#conditions.roomBytes && !this.#hasEnded && !this.#isBroken }

  write (bytes: Buffer): void {
    if (this.#hasEnded || this.#isBroken) return
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    this.#move(this.#random.next() * this.#conditions.latencyMs)
  }

  /** Nothing more will be written. */
  end (): void {
    if (this.#hasEnded || this.#isBroken) return
    this.#hasEnded = true
    this.#move(0)
  }

  /** The reader takes nothing for so long. */
  stall (ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#world.now + ms)
  }

  /** The reader reads on. */
  resume (): void { this.#stalledUntil = 0 }

  /** What is under way is lost from some point on; what comes before it still comes, now. */
  break (): void {
    if (this.#isBroken) return
    const arriving = Buffer.concat(this.#chunks).subarray(0, this.#random.between(0, this.#bytes))
    this.#chunks = []
    this.#bytes = 0
    this.#isBroken = true
    if (arriving.length > 0 && this.#stalledUntil <= this.#world.now) this.#ends.onBytes(arriving, () => {})
  }

  #move (delayMs: number): void {
    if (this.#isMoving) return
    this.#isMoving = true
    this.#world.schedule(delayMs, () => { this.#arrive() })
  }

  #arrive (): void {
    this.#isMoving = false
    if (this.#isBroken) return
    const waitMs = this.#stalledUntil - this.#world.now
    if (waitMs > 0) this.#move(Math.min(waitMs, 100))
    else if (this.#bytes > 0) this.#deliver()
    else if (this.#hasEnded) {
      this.#isBroken = true
      this.#ends.onEnd()
    }
  }

  #deliver (): void {
    const hadRoom = this.hasRoom
    const piece = this.#take(this.#random.between(1, this.#conditions.pieceBytes))
    // Held as moving until the reader takes more: this is back-pressure.
    this.#isMoving = true
    this.#ends.onBytes(piece, () => {
      this.#isMoving = false
      if (this.#bytes > 0 || this.#hasEnded) this.#move(this.#random.next() * Math.min(1, this.#conditions.latencyMs))
    })
    if (!hadRoom && this.hasRoom) this.#ends.onRoom()
  }

  #take (most: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks
    const piece = first.subarray(0, most)
    if (piece.length === first.length) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(most)
    this.#bytes -= piece.length
    return piece
  }
}
