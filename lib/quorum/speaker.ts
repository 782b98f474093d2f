import { randomId } from '../ground/ids.js'
import { startsPerEpoch } from './configuration.js'
import type { Keeping } from './keeping.js'
import { selfChange } from './records.js'
import type { Self } from './records.js'

export interface SpeakerOptions {
  readonly id?: string | undefined
  readonly random: () => number
  readonly persistent: boolean
}

/** As whom a node speaks: its id, its storage, and which run of it this is. Before that is durable, nobody may hear of it. */
export class Speaker {
  id: string
  /** Drawn when this storage was born. */
  store: string
  incarnation: number
  readonly #isPersistent: boolean
  readonly #keeping: Keeping
  /** Once this is durable, nobody else has ever spoken under this incarnation. */
  #beganAt: number

  constructor ({ id, random, persistent }: SpeakerOptions, keeping: Keeping) {
    this.id = id ?? randomId(random)
    this.store = randomId(random)
    this.incarnation = Math.floor(random() * startsPerEpoch / 2)
    this.#isPersistent = persistent
    this.#keeping = keeping
    this.#beganAt = persistent ? Infinity : 0
  }

  get hasBegun (): boolean { return this.#keeping.durable >= this.#beganAt }

  /** Takes up what storage knows of it, if anything; this is another run in any case. */
  restore (self: Self | undefined, nextIncarnation: (last: number) => number): void {
    this.id = self?.id ?? this.id
    this.store = self?.epoch ?? this.store
    this.incarnation = nextIncarnation(self?.incarnation ?? this.incarnation)
    this.#keep()
  }

  /** This store counts from that epoch on: nobody who spoke under its id before, with another store, came as far. */
  enter (epoch: number): void {
    const least = epoch * startsPerEpoch
    if (this.incarnation >= least) return
    this.incarnation += least
    this.#keep()
  }

  #keep (): void {
    this.#keeping.keep([selfChange({ id: this.id, epoch: this.store, incarnation: this.incarnation })])
    if (this.#isPersistent) this.#beganAt = this.#keeping.sequence
  }
}
