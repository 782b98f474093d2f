import type { Versioned } from './messages.js'
import { bad } from './wire-entry.js'
import { hashOf } from './retired.js'
import type { Source } from './source.js'

/** More sources than any cluster has: what is gathered of a peer's parts takes no more memory than that. */
const maxSources = 1 << 20

/** A peer's digest, as it told it: names and versions, and hashes and versions of what it has retired. */
export class PeerDigest {
  readonly #names = new Map<string, number>()
  readonly #retired = new Map<number, number>()
  #hashedNames: Map<number, number> | undefined

  /** Adds a part. @throws TendrilError BAD_FRAME where the parts have no end */
  add (versions: readonly Versioned[]): void {
    if (this.#names.size + this.#retired.size + versions.length > maxSources) throw bad(`a digest of more than ${maxSources} sources`)
    for (const { source, version } of versions) {
      if (typeof source === 'string') this.#names.set(source, Math.max(version, this.#names.get(source) ?? 0))
      else this.#retired.set(source, Math.max(version, this.#retired.get(source) ?? 0))
    }
    this.#hashedNames = undefined
  }

  get names (): ReadonlyMap<string, number> { return this.#names }
  get retired (): ReadonlyMap<number, number> { return this.#retired }

  /** Up to where the peer has all changes of a source, or what supersedes them. */
  version (source: Source): number {
    const version = this.#names.get(source.name)
    if (version !== undefined || this.#retired.size === 0) return version ?? 0
    return this.#retired.get(hashOf(source.name)) ?? 0
  }

  /** The same by the hash of a name. */
  versionOfHash (hash: number): number {
    this.#hashedNames ??= new Map(Array.from(this.#names, ([name, version]) => [hashOf(name), version]))
    return this.#retired.get(hash) ?? this.#hashedNames.get(hash) ?? 0
  }
}
