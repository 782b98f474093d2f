const maxRanges = 64

/**
 * The sequences of what came from one peer, so that it is not echoed there: a few ranges. Forgetting one is harmless: the
 * peer then gets an entry that it has.
 */
export class Skips {
  readonly #ranges: Array<{ from: number, to: number }> = []

  add (from: number, to: number): void {
    if (to < from) return
    const last = this.#ranges.at(-1)
    if (last !== undefined && last.to + 1 === from) last.to = to
    else this.#ranges.push({ from, to })
    if (this.#ranges.length > maxRanges) this.#ranges.shift()
  }

  has (sequence: number): boolean {
    for (let i = this.#ranges.length - 1; i >= 0; i--) {
      const range = this.#ranges[i]
      if (range !== undefined && sequence >= range.from) return sequence <= range.to
    }
    return false
  }
}
