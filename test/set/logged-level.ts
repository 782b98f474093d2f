import { MemoryLevel } from 'memory-level'
import type { ConsistentSetOptions } from '../../lib/index.js'

type Storage = NonNullable<ConsistentSetOptions['storage']>
type Sublevel = ReturnType<Storage['sublevel']>
type Operations = Array<{ key: string }>

/** A database in memory that remembers its batches: what a crash would leave of it can be had at any time. */
export class LoggedLevel implements Storage {
  readonly batches: Operations[] = []
  /** How many writes were under way at once, at most. */
  mostAtOnce = 0
  unsynced = 0
  /** Writes fail from now on. */
  fails = false
  #atOnce = 0
  #held: Array<() => void> | undefined
  readonly #level: Storage = new MemoryLevel()

  async open (): Promise<void> { await this.#level.open() }

  /** From now on writes wait. */
  hold (): void { this.#held ??= [] }

  release (): void {
    for (const go of this.#held ?? []) go()
    this.#held = undefined
  }

  sublevel (...args: Parameters<Storage['sublevel']>): Sublevel { return this.#level.sublevel(...args) }

  async batch (operations: Operations, options: { sync: boolean }): Promise<void> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce)
    if (!options.sync) this.unsynced++
    const held = this.#held
    if (held !== undefined) await new Promise<void>(resolve => { held.push(resolve) })
    this.#atOnce--
    if (this.fails) throw new Error('disk full')
    this.batches.push(operations)
    await this.#level.batch(operations, options)
  }

  /** What is left once only so many batches were written. */
  async after (batches = this.batches.length): Promise<LoggedLevel> {
    const left = new LoggedLevel()
    await left.open()
    const sublevel = left.sublevel(['tendril', 'set'], { keyEncoding: 'utf8', valueEncoding: 'buffer' })
    await sublevel.open()
    for (const operations of this.batches.slice(0, batches)) {
      await left.batch(operations.map(operation => ({ ...operation, sublevel })), { sync: true })
    }
    await sublevel.close()
    return left
  }
}
