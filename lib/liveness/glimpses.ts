/**
 * Who says that it hears a member, but has yet to take in what that one had to tell when they met: it is here, and what it is
 * known to have said of others may be long over. Rare, and not for long.
 */
export class Glimpses {
  readonly #byId = new Map<string, Map<string, string>>()
  readonly #byFrom = new Map<string, Set<string>>()

  /** `from` hears this life of `id` so; undefined: not so, or not at all. */
  set (from: string, id: string, life: string | undefined): void {
    const known = this.#byId.get(id)
    if (life === undefined) {
      if (known?.delete(from) !== true) return
      if (known.size === 0) this.#byId.delete(id)
      const seen = this.#byFrom.get(from)
      seen?.delete(id)
      if (seen?.size === 0) this.#byFrom.delete(from)
      return
    }
    if (known === undefined) this.#byId.set(id, new Map([[from, life]]))
    else known.set(from, life)
    const seen = this.#byFrom.get(from)
    if (seen === undefined) this.#byFrom.set(from, new Set([id]))
    else seen.add(id)
  }

  /** Those who hear a member so, in that life of it. */
  of (id: string, life: string | undefined): string[] {
    const known = this.#byId.get(id)
    return known === undefined ? [] : [...known].filter(([, heard]) => heard === life).map(([from]) => from)
  }

  has (id: string): boolean { return this.#byId.has(id) }

  /** Whom a member hears so. */
  from (id: string): ReadonlySet<string> { return this.#byFrom.get(id) ?? nobody }
}

const nobody: ReadonlySet<string> = new Set()
