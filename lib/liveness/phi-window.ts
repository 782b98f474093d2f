const maxGaps = 1_000
const firstCapacity = 16

/**
 * The last 1,000 gaps between arrivals, with their mean and deviation. Sums are of differences from `originMs`, near which
 * gaps lie, so that squares stay small beside each other; once around the ring they are summed anew, so that rounding
 * never adds up.
 */
export class PhiWindow {
  readonly #originMs: number
  #ring = new Float64Array(firstCapacity)
  #length = 0
  #next = 0
  #sum = 0
  #squares = 0

  constructor (originMs: number) {
    this.#originMs = originMs
  }

  add (gapMs: number): void {
    if (this.#next === this.#ring.length) this.#wrap()
    const difference = gapMs - this.#originMs
    // Zero where nothing was yet.
    const dropped = this.#ring[this.#next]!
    this.#ring[this.#next++] = difference
    this.#length = Math.max(this.#length, this.#next)
    this.#sum += difference - dropped
    this.#squares += difference ** 2 - dropped ** 2
  }

  /** At the end of the ring: it grows, or is gone over again from its start. */
  #wrap (): void {
    if (this.#length < maxGaps) {
      const grown = new Float64Array(Math.min(maxGaps, this.#length * 2))
      grown.set(this.#ring)
      this.#ring = grown
      return
    }
    this.#next = 0
    this.#sum = this.#ring.reduce((sum, difference) => sum + difference, 0)
    this.#squares = this.#ring.reduce((squares, difference) => squares + difference ** 2, 0)
  }

  get meanMs (): number { return this.#originMs + this.#sum / this.#length }

  /** The standard deviation of the gaps that are held, in milliseconds. */
  get deviationMs (): number {
    const variance = this.#squares / this.#length - (this.#sum / this.#length) ** 2
    return Math.sqrt(Math.max(0, variance))
  }
}
