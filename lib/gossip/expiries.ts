import TinyQueue from 'tinyqueue'
import type { Entry } from './entry.js'

/** Entries by the time at which they expire, on the monotonic clock. */
export class Expiries {
  #queue = soonestFirst([])
  /** How many in the queue were dropped before their time: no more than those that are held. */
  #dropped = 0

  add (entry: Entry): void {
    const at = entry.rarely?.expiresAt
    if (at !== undefined) this.#queue.push({ at, entry })
  }

  /** An entry that was added has gone. A key renewed again and again must not keep all its old values. */
  drop (): void {
    this.#dropped++
    if (this.#dropped * 2 <= this.#queue.length) return
    this.#queue = soonestFirst(this.#queue.data.filter(({ entry }) => isHeld(entry)))
    this.#dropped = 0
  }

  /** The next expiry; it may be one of an entry that has gone. */
  deadline (): number | undefined { return this.#queue.peek()?.at }

  /** Takes out the next entry that is due. */
  take (monotonic: number): Entry | undefined {
    for (let due = this.#queue.peek(); due !== undefined && due.at <= monotonic; due = this.#queue.peek()) {
      this.#queue.pop()
      if (isHeld(due.entry)) return due.entry
      this.#dropped--
    }
    return undefined
  }
}

interface Expiry { readonly at: number, readonly entry: Entry }

function soonestFirst (expiries: Expiry[]): TinyQueue<Expiry> { return new TinyQueue(expiries, (a, b) => a.at - b.at) }

function isHeld (entry: Entry): boolean { return entry.sequence > 0 }
