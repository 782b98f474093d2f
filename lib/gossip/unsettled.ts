/**
 * Places in a log that a crash would fill again: what stood there was replaced, and the replacement is not durable yet. A
 * peer that had not come by when the old one left must not be told that it is past them; it would never get what comes
 * back.
 *
 * A queue in which both numbers grow: a place behind a lower one that lasts longer needs no record of its own.
 */
export class Unsettled {
  readonly #places: Array<{ readonly place: number, readonly until: number }> = []

  /** `place` is open until `until` is durable. */
  add (place: number, until: number): void {
    for (let last = this.#places.at(-1); last !== undefined && last.place >= place; last = this.#places.at(-1)) this.#places.pop()
    this.#places.push({ place, until })
  }

  /** How many places are open. */
  get size (): number { return this.#places.length }

  /** So much is durable now. */
  settle (durable: number): void {
    const settled = this.#places.findIndex(({ until }) => until > durable)
    this.#places.splice(0, settled < 0 ? this.#places.length : settled)
  }

  /** The position, or where the first open place lies before it. */
  cap (position: number, durable: number): number {
    this.settle(durable)
    const [first] = this.#places
    return first === undefined ? position : Math.min(position, first.place - 1)
  }
}
