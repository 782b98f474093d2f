import { outranks } from './entry.js'
import type { Entry } from './entry.js'

const none: readonly Entry[] = []

/** The entries held of each key: mostly one, several where writes were concurrent. One alone takes no array. */
export class Siblings {
  readonly #byKey = new Map<string, Entry | Entry[]>()

  /** All entries held of a key. */
  of (key: string): readonly Entry[] {
    const held = this.#byKey.get(key)
    if (held === undefined) return none
    return Array.isArray(held) ? held : [held]
  }

  /** The one entry of a key. */
  set (entry: Entry): void { this.#byKey.set(entry.key, entry) }

  /** These are what is held of a key from now on. */
  keep (key: string, siblings: readonly Entry[]): void {
    const [only] = siblings
    if (only === undefined) this.#byKey.delete(key)
    else this.#byKey.set(key, siblings.length === 1 ? only : [...siblings])
  }

  /** Puts an entry beside those of its key that stay. */
  add (entry: Entry, kept: readonly Entry[]): void {
    const held = this.#byKey.get(entry.key)
    if (kept.length === 0) this.set(entry)
    else if (held === kept && Array.isArray(held)) held.push(entry)
    else this.#byKey.set(entry.key, [...kept, entry])
  }

  * visible (): Generator<Entry, void, undefined> {
    for (const held of this.#byKey.values()) {
      const entry = Array.isArray(held) ? visible(held) : held
      if (entry?.value !== undefined) yield entry
    }
  }
}

/** What is shown of a key's siblings: the one of the greatest stamp that has a value. */
export function visible (siblings: readonly Entry[]): Entry | undefined {
  let top: Entry | undefined
  for (const entry of siblings) {
    if (entry.value !== undefined && (top === undefined || outranks(entry, top))) top = entry
  }
  return top
}
