/**
 * A hybrid logical clock reading in one number: milliseconds since 2020 in the upper bits, a counter of 12 bits below.
 * It fits a double exactly until the year 2089 and compares with `<`.
 *
 * Kulkarni et al., *Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases*.
 */
export type Stamp = number

const birthMs = 1_577_836_800_000
const ticksPerMs = 4096

/** The least stamp of a millisecond of wall-clock time. Times before 2020 count as 2020. */
export function stampAt (wallMs: number): Stamp {
  return Math.max(0, Math.floor(wallMs) - birthMs) * ticksPerMs
}

/** The greatest stamp that is at most so far ahead of the wall clock. A clock that says less than 2020 is taken for 2020. */
export function latestStamp (wallMs: number, aheadMs: number): Stamp {
  return stampAt(Math.max(wallMs, birthMs) + aheadMs)
}

/** The wall-clock millisecond, since 1970, that a stamp stands for. */
export function timeOf (stamp: Stamp): number {
  return Math.floor(stamp / ticksPerMs) + birthMs
}

export function isStamp (value: unknown): value is Stamp {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/**
 * Issues this node's stamps. They grow with every write and follow what was observed, but never run further ahead of the
 * wall clock than half of the skew that others accept: a peer just inside the limit can't push this node beyond it.
 */
export class StampClock {
  #last: Stamp = 0
  readonly #leadMs: number

  constructor (acceptedSkewMs: number) {
    this.#leadMs = acceptedSkewMs / 2
  }

  next (wallMs: number): Stamp {
    this.#last = Math.max(this.#last + 1, stampAt(wallMs))
    return this.#last
  }

  observe (stamp: Stamp, wallMs: number): void {
    if (stamp > this.#last) this.#last = Math.max(this.#last, Math.min(stamp, latestStamp(wallMs, this.#leadMs)))
  }

  /** Goes on from what storage kept, however far ahead: the clock may have stepped back while this node was down. */
  resume (stamp: Stamp): void { this.#last = Math.max(this.#last, stamp) }

  /** Whether the wall clock has stepped back so far that stamps issued now would be refused by others. */
  isAhead (wallMs: number): boolean {
    return this.#last > latestStamp(wallMs, this.#leadMs)
  }

  /** Starts again from the wall clock, after it has stepped back. */
  reset (wallMs: number): void {
    this.#last = stampAt(wallMs)
  }
}
