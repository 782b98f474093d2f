import type { Change } from '../core.js'
import type { Now } from '../ground/clock.js'
import { Log } from './log.js'
import type { Sequence } from './log.js'
import { retiredKey, sourceKey, sourceRecord } from './records.js'
import { hashOf, Retired } from './retired.js'
import { Source } from './source.js'

export interface SourcesOptions {
  /** A source was heard of for the first time. */
  readonly onBorn: (source: Source) => void
  /** A source is no longer known by its name. */
  readonly onGone: (source: Source) => void
  /** The digest of a source moved up. */
  readonly onCovered: (source: Source) => void
  /** Takes what is to be kept by storage, where there is one. */
  readonly record: ((change: Change) => void) | undefined
}

/**
 * All sources that a replica knows of, and what of each is covered: the digest, and the floor.
 *
 * A source that has been silent for the retention, and of which nothing is held, is retired: its digest shrinks to 16
 * bytes. It stays covered; should it ever speak again, it is a source as before.
 */
export class Sources {
  readonly #byName = new Map<string, Source>()
  /** Made when a peer first speaks of retired sources. */
  #byHash: Map<number, Source> | undefined
  readonly #options: SourcesOptions
  /** Sources in the order in which their digest last moved. */
  readonly log: Log<Source>
  readonly retired = new Retired()
  /** The greatest place in the log from which a source was retired: nobody goes on from before it. */
  retiredPosition = 0

  constructor (sequence: Sequence, options: SourcesOptions) {
    this.log = new Log<Source>(sequence, options.record !== undefined)
    this.#options = options
  }

  /** How many are known. */
  get size (): number { return this.#byName.size }

  /** The source of this name, known from now on. */
  get (name: string): Source {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const source = new Source(name)
    this.#byName.set(name, source)
    this.#byHash?.set(hashOf(name), source)
    if (this.retired.size > 0) this.#revive(source)
    this.#options.onBorn(source)
    return source
  }

  /** Takes a source out of retirement: all that was covered is covered, and of that nothing is held. */
  #revive (source: Source): void {
    const hash = hashOf(source.name)
    const version = this.retired.get(hash)
    if (version === 0) return
    this.retired.delete(hash)
    this.#options.record?.({ key: retiredKey(hash), value: undefined })
    source.version = version
    source.floor = version
    this.log.append(source)
    this.#keep(source)
  }

  /** Whether a source was heard of, and is remembered by a hash alone. */
  isRetired (name: string): boolean { return this.retired.size > 0 && this.retired.get(hashOf(name)) > 0 }

  [Symbol.iterator] (): IterableIterator<Source> { return this.#byName.values() }

  /** Moves the digest of a source up to `version`; does nothing if it is there already. */
  cover (source: Source, version: number, now: Now): void {
    if (version <= source.version) return
    source.version = version
    source.heard = now.wall
    this.#options.onCovered(source)
    this.log.append(source)
    this.#keep(source)
  }

  raiseFloor (source: Source, version: number): void {
    if (version <= source.floor) return
    source.floor = version
    this.#keep(source)
  }

  #keep (source: Source): void {
    this.#options.record?.({ key: sourceKey(source.name), value: sourceRecord(source) })
  }

  /** Versions by source: the latest epoch of a node under the node's id, older ones under their full name. */
  digest (): Record<string, number> {
    const latest = new Map<string, Source>()
    for (const source of this.log) {
      const other = latest.get(source.id)
      if (other === undefined || source.epoch > other.epoch) latest.set(source.id, source)
    }
    return Object.fromEntries(Array.from(this.log, source => (
      [latest.get(source.id) === source ? source.id : source.name, source.version]
    )))
  }

  // Retiring

  /**
   * Retires what has been silent since before `heardMs`, was told to all who follow the log, and is held nowhere: neither
   * as an entry nor in a context.
   */
  retire (heardMs: number, isInUse: (source: Source) => boolean): void {
    const silent = new Map<number, number>()
    for (let source = this.log.first; source !== undefined && source.heard < heardMs;) {
      const next = source.after
      if (source.entries === 0 && !isInUse(source)) {
        silent.set(hashOf(source.name), source.version)
        this.#remove(source)
      }
      source = next
    }
    if (silent.size > 0) this.#addRetired(silent)
    // Heard of only in passing: there is nothing to remember of these.
    for (const source of this.#byName.values()) {
      if (source.version === 0 && source.entries === 0 && !isInUse(source)) this.#unname(source)
    }
  }

  #remove (source: Source): void {
    this.retiredPosition = Math.max(this.retiredPosition, source.sequence)
    this.forget(source)
  }

  /** Forgets a source, and what was covered of it: as if nobody had ever spoken of it. */
  forget (source: Source): void {
    if (source.sequence > 0) this.log.remove(source)
    this.#unname(source)
    this.#options.record?.({ key: sourceKey(source.name), value: undefined })
  }

  #unname (source: Source): void {
    this.#byName.delete(source.name)
    this.#byHash?.delete(hashOf(source.name))
    this.#options.onGone(source)
  }

  /**
   * Takes over digests of sources that a peer has retired; `floors` too where they come with a full join.
   * @returns whether that was news: others may lack it as well
   */
  coverRetired (digests: ReadonlyMap<number, number>, floors: boolean, now: Now): boolean {
    this.#byHash ??= new Map(Array.from(this, source => [hashOf(source.name), source]))
    const news = new Map<number, number>()
    for (const [hash, version] of digests) {
      const source = this.#byHash.get(hash)
      if (source !== undefined) {
        this.cover(source, version, now)
        if (floors) this.raiseFloor(source, version)
      } else if (version > this.retired.get(hash)) {
        news.set(hash, version)
      }
    }
    if (news.size > 0) this.#addRetired(news)
    return news.size > 0
  }

  #addRetired (digests: ReadonlyMap<number, number>): void {
    this.retired.add(digests)
    for (const [hash, version] of digests) this.#options.record?.({ key: retiredKey(hash), value: [hash, version] })
  }
}
