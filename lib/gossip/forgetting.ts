import type { Now } from '../ground/clock.js'
import type { Entry } from './entry.js'
import type { Replica } from './replica.js'
import type { Serving } from './serving.js'

/** How many deletes beyond `deletesKept` wait for peers that are being served, before those need a full join. */
const deletesPinned = 10_000
/** How many deletes at the front of the line are passed over because their context is not covered yet. */
const deletesPassedOver = 64
/** How often sources that fell silent are looked for, within the time they must have been silent. */
const retirementsPerRetention = 24

/** When and what a replica forgets: deletes beyond a number, sources beyond a time. */
export class Forgetting {
  readonly #deletesKept: number
  readonly #retentionMs: number
  /** When sources are looked at next, on the monotonic clock. */
  retireAt: number

  constructor ({ deletesKept, retentionMs }: { deletesKept: number, retentionMs: number }, now: Now) {
    this.#deletesKept = deletesKept
    this.#retentionMs = retentionMs
    this.retireAt = now.monotonic + retentionMs / retirementsPerRetention
  }

  /** Drops delete records beyond those kept, oldest first, once everybody being served has passed them. */
  forget (replica: Replica, servings: Iterable<Serving>): void {
    const { deletes } = replica
    const kept = this.#deletesKept
    if (deletes.size <= kept) return
    const served = [...servings]
    let passedOver = 0
    for (const entry of deletes) {
      if (deletes.size <= kept || passedOver > deletesPassedOver) return
      if (!replica.isForgettable(entry)) passedOver++
      else if (deletes.size > kept + deletesPinned || served.every(serving => serving.hasPassed(entry.sequence))) forgetOne(entry, replica, served)
      else return
    }
  }

  /** The same at once, whoever has passed them: right at any time, at the price of full joins. */
  forgetAll (replica: Replica, servings: Iterable<Serving>, kept: number): void {
    const served = [...servings]
    for (const entry of replica.deletes) {
      if (replica.deletes.size <= kept) return
      if (replica.isForgettable(entry)) forgetOne(entry, replica, served)
    }
  }

  /** Retires sources that have been silent for the retention, when it is time to look. */
  retire (replica: Replica, servings: Iterable<Serving>, now: Now): void {
    if (now.monotonic < this.retireAt) return
    this.retireAt = now.monotonic + this.#retentionMs / retirementsPerRetention
    const served = [...servings]
    replica.retire(now.wall - this.#retentionMs, sequence => served.every(serving => serving.hasTold(sequence)))
  }
}

function forgetOne (entry: Entry, replica: Replica, served: readonly Serving[]): void {
  for (const serving of served) serving.forgot(entry)
  replica.forget(entry)
}
