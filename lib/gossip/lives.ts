import type { Source } from './source.js'

/**
 * Which source of each id counts, where each writes only slots of its own: the one of the greatest epoch that was heard of.
 * An earlier one is outlived: its entries are neither held nor taken in.
 */
export class Lives {
  readonly #current = new Map<string, Source>()

  /** A source was heard of for the first time. @returns the one that it takes the place of */
  born (source: Source): Source | undefined {
    const current = this.#current.get(source.id)
    if (current !== undefined && current.epoch > source.epoch) {
      source.isOutlived = true
      return undefined
    }
    this.#current.set(source.id, source)
    if (current !== undefined) current.isOutlived = true
    return current
  }

  /** Others were forgotten. @returns whether this one counts now, and did not before */
  recount (source: Source): boolean {
    const current = this.#current.get(source.id)
    if (current !== undefined && current.epoch >= source.epoch) return false
    if (current !== undefined) current.isOutlived = true
    source.isOutlived = false
    this.#current.set(source.id, source)
    return true
  }

  /** The life of an id that counts. */
  current (id: string): Source | undefined { return this.#current.get(id) }

  /** Forgets of a source. */
  gone (source: Source): void {
    if (this.#current.get(source.id) === source) this.#current.delete(source.id)
  }
}
