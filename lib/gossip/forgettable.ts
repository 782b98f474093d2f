import type { Entry } from './entry.js'
import type { Source } from './source.js'

/**
 * Entries of which something may be forgotten, oldest first. One that may not be yet, because the digest does not cover
 * what it must, stands aside until the digest of that source moves: it holds up nobody behind it.
 */
export class Forgettable {
  readonly #line = new Set<Entry>()
  readonly #aside = new Map<Entry, Source>()
  readonly #bySource = new Map<Source, Set<Entry>>()

  /** How many stand in line. */
  get length (): number { return this.#line.size }
  /** How many there are in all. */
  get size (): number { return this.#line.size + this.#aside.size }

  has (entry: Entry): boolean { return this.#line.has(entry) || this.#aside.has(entry) }

  add (entry: Entry): void {
    if (!this.#aside.has(entry)) this.#line.add(entry)
  }

  delete (entry: Entry): void {
    this.#line.delete(entry)
    const source = this.#aside.size === 0 ? undefined : this.#aside.get(entry)
    if (source === undefined) return
    this.#aside.delete(entry)
    const group = this.#bySource.get(source)
    group?.delete(entry)
    if (group?.size === 0) this.#bySource.delete(source)
  }

  /** Takes an entry out of the line until more of `source` is covered. */
  putAside (entry: Entry, source: Source): void {
    this.#line.delete(entry)
    this.#aside.set(entry, source)
    const group = this.#bySource.get(source)
    if (group === undefined) this.#bySource.set(source, new Set([entry]))
    else group.add(entry)
  }

  /** More of `source` is covered: those who stood aside for it join the line. */
  covered (source: Source): void {
    const group = this.#aside.size === 0 ? undefined : this.#bySource.get(source)
    if (group === undefined) return
    this.#bySource.delete(source)
    for (const entry of group) {
      this.#aside.delete(entry)
      this.#line.add(entry)
    }
  }

  [Symbol.iterator] (): IterableIterator<Entry> { return this.#line.values() }
}
