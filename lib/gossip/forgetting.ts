import type { Now } from '../ground/clock.js'
import type { Entry } from './entry.js'
import type { Forgettable } from './forgettable.js'
import type { Replica } from './replica.js'
import type { Serving } from './serving.js'
import type { Source } from './source.js'

/** How many deletes beyond `deletesKept` wait for peers that are being served, before those need a full join. */
const deletesPinned = 10_000
/** The same for contexts, of which there are few: each is long. */
const contextsPinned = 100
/** How often sources that fell silent are looked for, within the time they must have been silent; not more often than that, in milliseconds. */
const retirements = { perRetention: 24, leastMs: 1_000 }

/** When and what a replica forgets: deletes beyond a number, sources beyond a time. */
export class Forgetting {
  readonly #deletesKept: number
  readonly #contextRoom: number
  readonly #retentionMs: number
  readonly #everyMs: number
  /** When sources are looked at next, on the monotonic clock. */
  retireAt: number

  constructor ({ deletesKept, contextRoom, retentionMs }: { deletesKept: number, contextRoom: number, retentionMs: number }, now: Now) {
    this.#deletesKept = deletesKept
    this.#contextRoom = contextRoom
    this.#retentionMs = retentionMs
    this.#everyMs = Math.max(retentionMs / retirements.perRetention, retirements.leastMs)
    this.retireAt = now.monotonic + this.#everyMs
  }

  /**
   * Drops delete records beyond those kept, oldest first, and contexts that have grown long, once everybody being served
   * has passed them. A context that may not fit a frame waits for nobody: it is what they could never pass.
   */
  forget (replica: Replica, servings: Iterable<Serving>, now: Now): void {
    const { deletes, laden } = replica
    if (deletes.length <= this.#deletesKept && laden.length === 0) return
    const served = [...servings]
    this.#walk(deletes, this.#deletesKept, deletesPinned, served, entry => { replica.forget(entry) })
    this.#unload(replica, served, now)
  }

  /** The same at once, whoever has passed them: right at any time, at the price of full joins. */
  forgetAll (replica: Replica, servings: Iterable<Serving>, kept: number): void {
    this.#walk(replica.deletes, kept, 0, [...servings], entry => { replica.forget(entry) })
  }

  /** Forgets of the line what is beyond `kept`. Beyond `pinned` more, those who have not passed are not waited for. */
  #walk (line: Forgettable, kept: number, pinned: number, served: readonly Serving[], forget: (entry: Entry) => void): void {
    for (const entry of line) {
      if (line.length <= kept) return
      const blocker = this.blocker(entry)
      if (blocker !== undefined) { line.putAside(entry, blocker); continue }
      if (line.length <= kept + pinned && !served.every(serving => serving.hasPassed(entry.sequence))) return
      for (const serving of served) serving.forgot(entry)
      forget(entry)
    }
  }

  #unload (replica: Replica, served: readonly Serving[], now: Now): void {
    const { laden } = replica
    for (const entry of laden) {
      const blocker = this.blocker(entry)
      if (blocker !== undefined) { laden.putAside(entry, blocker); continue }
      const mayWait = laden.length <= contextsPinned && (entry.rarely?.context?.size ?? 0) <= this.#contextRoom
      if (mayWait && !served.every(serving => serving.hasPassed(entry.sequence))) continue
      for (const serving of served) serving.forgot(entry)
      replica.forgetContext(entry, now)
    }
  }

  /** The source of which the digest must cover more, before a delete record, or what a context covers, may be dropped. */
  blocker ({ source, version, value, rarely }: Entry): Source | undefined {
    if (version > source.version) return source
    // Of the context of a value that part is dropped which is covered.
    if (value === undefined) for (const [seen, dot] of rarely?.context ?? []) if (dot > seen.version) return seen
    return undefined
  }

  /** Retires sources that have been silent for the retention, when it is time to look. */
  retire (replica: Replica, servings: Iterable<Serving>, now: Now): void {
    if (now.monotonic < this.retireAt) return
    this.retireAt = now.monotonic + this.#everyMs
    const served = [...servings]
    replica.retire(now.wall - this.#retentionMs, sequence => served.every(serving => serving.hasTold(sequence)))
  }
}
