import type { Origin } from './execute.js'
import type { Answered } from './messages.js'

/** Operations of one origin on one element that are answered together. */
export interface Waiter {
  readonly origin: Origin
  readonly element: string
  readonly answers: readonly Answered[]
  /** What must be committed. */
  readonly sequence: number
  /** What a quorum must have answered; 0: nothing. */
  readonly round: number
}

/** Who waits for a commit, and who for a round beside: each in the order in which they came. */
export class Waiting {
  changes: Waiter[] = []
  refusals: Waiter[] = []

  add (waiter: Waiter): void {
    if (waiter.round === 0) this.changes.push(waiter)
    else this.refusals.push(waiter)
  }

  take (committed: number, confirmed: number): Waiter[] {
    return [
      ...takeWhile(this.changes, ({ sequence }) => sequence <= committed),
      ...takeWhile(this.refusals, ({ sequence, round }) => sequence <= committed && round <= confirmed)
    ]
  }
}

function takeWhile<T> (items: T[], isDue: (item: T) => boolean): T[] {
  if (items[0] === undefined || !isDue(items[0])) return []
  const end = items.findIndex(item => !isDue(item))
  return items.splice(0, end === -1 ? items.length : end)
}
