import type { Change, StoredRecord } from '../core.js'

export type { StoredRecord }

/**
 * What a host needs of storage: records by key, loaded once, written in ordered batches. A batch is atomic, and batches
 * become durable in the order they were written, so that after a crash a prefix of the history is there.
 * `storage/level.ts` implements it over any abstract-level database, `sim/disk.ts` over a simulated disk.
 */
export interface Records {
  /** All records, in any order. Called once, before any write. */
  load: (done: (error: Error | undefined, records: StoredRecord[]) => void) => void
  /**
   * Writes one batch. It is taken once, when it is encoded: at once, or after this turn of the event loop, so that all the turn changes
   * is in it. `sync` asks that it survive a loss of power too, not only of the process.
   */
  write: (take: () => readonly Change[], sync: boolean, done: (error: Error | undefined) => void) => void
  /** Called when no write is under way. */
  close: (done: (error: Error | undefined) => void) => void
}
