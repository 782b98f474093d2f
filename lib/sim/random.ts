/**
 * Numbers that follow from a seed. Mulberry32: 32 bits of state are plenty for a run of a simulation, and two seeds that
 * differ by one give unrelated runs.
 */
export class Random {
  #state: number

  constructor (seed: number) {
    this.#state = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b) >>> 0
  }

  /** From 0 (included) to 1 (excluded). */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between (least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True with this probability. */
  chance (probability: number): boolean {
    return this.next() < probability
  }

  /** One of `items`, of which there must be at least one. */
  pick<T> (items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** Another sequence: what is drawn from it does not change what is drawn from this one afterwards. */
  fork (): Random {
    return new Random(Math.floor(this.next() * 2 ** 32))
  }
}
