/** A source's name in 53 bits: what is left of it when it is retired. cyrb53, a public-domain hash of good spread. */
export function hashOf (name: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}

/** So many are gathered before they are sorted in, or an eighth of all where that is more. */
const leastFresh = 1_024

/**
 * Sources that were silent for long and of whose changes nothing is held any more: their digests, in 16 bytes each. They
 * stay covered, so that a replica returning after any time revives nothing, and memory comes back all the same.
 *
 * New ones stand aside until there are enough of them to be worth sorting in: one costs next to nothing, however many there are.
 */
export class Retired {
  #hashes = new Float64Array(0)
  #versions = new Float64Array(0)
  #fresh = new Map<number, number>()

  /** How many are held, those that were revived among them. */
  get size (): number { return this.#hashes.length + this.#fresh.size }

  /** The version up to which all changes of a source are covered; 0 if it is not retired. */
  get (hash: number): number {
    const fresh = this.#fresh.get(hash)
    if (fresh !== undefined) return fresh
    const at = this.#find(hash)
    return this.#hashes[at] === hash ? this.#versions[at] ?? 0 : 0
  }

  /** Adds or raises digests. */
  add (digests: ReadonlyMap<number, number>): void {
    for (const [hash, version] of digests) {
      const at = this.#find(hash)
      if (this.#hashes[at] === hash) this.#versions[at] = Math.max(version, this.#versions[at] ?? 0)
      else this.#fresh.set(hash, Math.max(version, this.#fresh.get(hash) ?? 0))
    }
    if (this.#fresh.size > Math.max(leastFresh, this.#hashes.length / 8)) this.#sortIn()
  }

  #sortIn (): void {
    const all = new Map(this)
    this.#hashes = Float64Array.from(all.keys()).sort()
    this.#versions = this.#hashes.map(hash => all.get(hash) ?? 0)
    this.#fresh = new Map()
  }

  /** A source that is heard of again is retired no more. */
  delete (hash: number): void {
    this.#fresh.delete(hash)
    const at = this.#find(hash)
    if (this.#hashes[at] === hash) this.#versions[at] = 0
  }

  /** The place of a hash, or where it would stand. */
  #find (hash: number): number {
    let low = 0
    let high = this.#hashes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#hashes[middle] ?? Infinity) < hash) low = middle + 1
      else high = middle
    }
    return low
  }

  * [Symbol.iterator] (): Generator<[hash: number, version: number], void, undefined> {
    const hashes = this.#hashes
    const versions = this.#versions
    const fresh = this.#fresh
    for (let i = 0; i < hashes.length; i++) {
      const version = versions[i] ?? 0
      if (version > 0) yield [hashes[i] ?? 0, version]
    }
    yield * fresh
  }
}
