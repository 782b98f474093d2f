import type { Change, StoredRecord } from '../core.js'
import { countChange, readStanding } from './configuration-records.js'
import { Holding } from './holding.js'
import type { Reply } from './holding.js'
import type { Body } from './messages.js'
import { StoreDigest } from './store-digest.js'

/** What is to be stored, how much of it is durable, and what may only be said then. */
export class Keeping {
  readonly #holding: Holding
  /** The number of the last changes, and of those that storage has. */
  sequence = 0
  /** Whether changes are counted: those of runs that others have confirmed. Else a store that was set back would grow beyond what they recall by starting often. */
  isCounting = false
  /** How many changes this store ever saw, in all such runs, and how many of them are durable. */
  #count = 0
  durableCount = 0
  readonly #counted: Array<{ readonly sequence: number, readonly count: number }> = []
  #changes: Change[] = []
  /** Of what is stored; undefined without storage. */
  readonly #digest: StoreDigest | undefined

  constructor (persistent: boolean) {
    this.#holding = new Holding(persistent ? 0 : Infinity)
    this.#digest = persistent ? new StoreDigest() : undefined
  }

  get durable (): number { return this.#holding.durable }

  /** @throws TendrilError STORAGE_FAILED */
  restore (records: readonly StoredRecord[]): void {
    this.#digest?.restore(records)
    this.#count = this.durableCount = readStanding(records).changes
  }

  keep (changes: readonly Change[]): void {
    if (changes.length === 0) return
    for (const change of this.isCounting ? [...changes, countChange(++this.#count)] : changes) {
      this.#changes.push(change)
      this.#digest?.apply(change)
    }
    this.#counted.push({ sequence: ++this.sequence, count: this.#count })
    if (this.durable === Infinity) this.#counted.length = 0
  }

  /** Says it once all that was kept so far is durable. */
  hold (to: string, body: Body): void { this.#holding.hold(this.sequence, { to, body }) }

  drop (): void { this.#holding.drop() }

  get isDue (): boolean { return this.#holding.isDue }

  release (): Reply[] { return this.#holding.release() }

  persisted (sequence: number): void {
    this.#holding.durable = Math.max(this.#holding.durable, sequence)
    while (this.#counted[0] !== undefined && this.#counted[0].sequence <= sequence) this.durableCount = this.#counted.shift()!.count
  }

  take (): Change[] {
    if (this.#digest !== undefined && this.#changes.length > 0) this.#changes.push(this.#digest.record)
    const changes = this.#changes
    this.#changes = []
    return changes
  }
}
