import type { TendrilError } from './ground/errors.js'
import type { Replication } from './replication.js'

export interface FarewellOptions {
  /** Says it, once. */
  readonly say: () => Promise<void>
  /** Whether anybody is heard to whom it may be told. */
  readonly isInCompany: () => boolean
  readonly replication: Replication
}

/** What a member says last, and who waits until somebody has it. */
export class Farewell {
  readonly #options: FarewellOptions
  #saying: Promise<void> | undefined
  /** Aborted when nobody is left to hear of it. */
  readonly #alone = new AbortController()

  constructor (options: FarewellOptions) {
    this.#options = options
  }

  /** Whether it was begun: nothing else is said from then on. */
  get isSaid (): boolean { return this.#saying !== undefined }

  /** Resolves once a peer has it, or nobody is heard any more to whom it may be told. @throws TendrilError ABORTED */
  async say (signal: AbortSignal | undefined): Promise<void> {
    this.#saying ??= this.#options.say()
    await this.#saying
    if (!this.#options.isInCompany()) return
    const signals = signal === undefined ? [this.#alone.signal] : [this.#alone.signal, signal]
    await this.#options.replication.wait(1, AbortSignal.any(signals)).catch((error: TendrilError) => {
      // Whoever closes right after it has said goodbye as well; where nobody is left, nobody is waited for.
      if (error.code !== 'CLOSED' && (error.code !== 'ABORTED' || signal?.aborted === true)) throw error
    })
  }

  /** Nobody is heard any more to whom anything may be told. */
  leftAlone (): void { if (this.isSaid) this.#alone.abort() }
}
