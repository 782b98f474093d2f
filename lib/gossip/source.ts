import type { Logged } from './log.js'

/**
 * A writer: a node's id and its epoch, which was born with the replica's state. Each source numbers its own changes
 * 1, 2, 3 ...; (source, version) is a change's dot.
 *
 * Preguica et al., *Dotted Version Vectors: Efficient Causality Tracking for Distributed Key-Value Stores*.
 */
export class Source implements Logged {
  /** `id@epoch`, the name on the wire. An epoch holds no '@', so the last one divides. */
  readonly name: string
  /** The digest: every change up to this one is held here, or superseded by what is held. */
  version = 0
  /** Delete records up to this version may have been forgotten here. */
  floor = 0
  /** The wall-clock time in milliseconds when something new of it was last heard. */
  heard = 0
  /** How many entries of it stand in the log. */
  entries = 0
  /** A later life of the same id is known, where only one counts. */
  isOutlived = false

  sequence = 0
  before: this | undefined = undefined
  after: this | undefined = undefined

  #id: string | undefined
  #epoch: string | undefined

  constructor (name: string) {
    this.name = name
  }

  get id (): string {
    this.#id ??= this.name.slice(0, this.name.lastIndexOf('@'))
    return this.#id
  }

  get epoch (): string {
    this.#epoch ??= this.name.slice(this.name.lastIndexOf('@') + 1)
    return this.#epoch
  }
}

export const maxEpochBytes = 32
/** Versions stay where doubles count exactly, with room to spare. */
export const maxVersion = 2 ** 48
