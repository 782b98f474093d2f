import { assert } from '../ground/assert.js'
import { cellLength, pageLength } from './cells.js'
import type { Stamped } from './cells.js'
import type { Entry } from './messages.js'
import { sequenceOf, stampOf, termOfStamp } from './terms.js'
import type { Stamp, Term } from './terms.js'

/** A cell as an acceptor holds it. */
export interface Held extends Stamped {
  readonly element: string
  /** The local number of its last change. */
  readonly number: number
  committed: boolean
  /** The stamp under which the element was last known to be there, while this cell is not known to be committed; or empty. */
  readonly shown: Stamp
}

/** An acceptor's lane: all of it is durable before anything said of it leaves. In the order of local numbers. */
export class LaneCells {
  readonly lane: number
  promised: Term = ''
  /** In the promised term: every sequence up to here is held, or a later one of the same element. */
  closed = 0
  /** In the promised term: what its owner said to be committed, as far as it is closed here. */
  commit = 0
  floor: Stamp = ''
  readonly cells = new Map<string, Held>()
  /** Tombstones of the promised term, in the order of their sequences. */
  readonly tombstones = new Map<string, Held>()
  /** Cells of the promised term that are not known to be committed. */
  readonly pending = new Map<string, Held>()
  /** Elements of any term that an owner has still to see to: not known to be committed, or removed and not purged. */
  readonly unsettled = new Set<string>()

  constructor (lane: number) {
    this.lane = lane
  }

  /** Whether it may take part in a term: it has promised itself to no later one. Lamport's P1a. */
  admits (term: Term): boolean { return term >= this.promised }

  /** @returns whether that is news */
  promise (term: Term): boolean {
    if (term === this.promised) return false
    assert(term > this.promised, 'a promise never goes back')
    this.promised = term
    this.closed = this.commit = 0
    this.tombstones.clear()
    this.pending.clear()
    return true
  }

  /** What was purged must not come back by a message from before the purge. */
  isBelowFloor (stamp: Stamp): boolean { return stamp <= this.floor }

  /** @returns the cell as it is held from now on; undefined: it was no news */
  store (element: string, { stamp, cell }: Stamped, number: number): Held | undefined {
    const before = this.cells.get(element)
    if ((before !== undefined && before.stamp >= stamp) || this.isBelowFloor(stamp)) return undefined
    return this.put({ element, stamp, cell, number, committed: false, shown: before === undefined ? '' : shownOf(before) })
  }

  put (held: Held): Held {
    const { element, stamp, cell } = held
    this.cells.delete(element)
    this.cells.set(element, held)
    this.tombstones.delete(element)
    this.pending.delete(element)
    if (held.committed && cell.present) this.unsettled.delete(element)
    else this.unsettled.add(element)
    if (termOfStamp(stamp) !== this.promised) return held
    if (!cell.present) this.tombstones.set(element, held)
    if (!held.committed) this.pending.set(element, held)
    return held
  }

  /** The term is committed up to here. @returns what is now known as committed; undefined: it was no news */
  settle (sequence: number): Held[] | undefined {
    const commit = Math.min(sequence, this.closed)
    if (commit <= this.commit) return undefined
    this.commit = commit
    const settled = [...this.pending.values()].filter(({ stamp }) => sequenceOf(stamp) <= commit)
    for (const held of settled) {
      held.committed = true
      if (held.cell.present) this.unsettled.delete(held.element)
      this.pending.delete(held.element)
    }
    return settled
  }

  /** Every tombstone of this term up to this sequence goes. @returns their elements; undefined: the floor was there already */
  purge (sequence: number): string[] | undefined {
    const floor = stampOf(this.promised, sequence)
    if (sequence === 0 || floor <= this.floor || sequence > this.closed) return undefined
    this.floor = floor
    const purged = [...this.tombstones.values()].filter(({ stamp }) => stamp <= floor).map(({ element }) => element)
    for (const element of purged) {
      this.tombstones.delete(element)
      this.pending.delete(element)
      this.unsettled.delete(element)
      this.cells.delete(element)
    }
    return purged
  }

  /** So many entries whose local number is beyond `cursor`; `next`: where to go on, 0 at the end. */
  page (cursor: number, most: number): { entries: Entry[], next: number } {
    const entries: Entry[] = []
    let last = 0
    let room = pageLength
    for (const held of this.cells.values()) {
      if (held.number <= cursor) continue
      if (entries.length === most || room <= 0) return { entries, next: last }
      room -= cellLength(held.element, held.cell)
      entries.push({ element: held.element, stamp: held.stamp, cell: held.cell, committed: held.committed })
      last = held.number
    }
    return { entries, next: 0 }
  }

  check (): void {
    assert(this.commit <= this.closed, 'no more is committed here than is held')
    let number = 0
    for (const { stamp, number: at, element, cell, committed } of this.cells.values()) {
      assert(termOfStamp(stamp) <= this.promised, 'nothing is held of a term above the promise')
      assert(this.unsettled.has(element) === (!cell.present || !committed), 'what is unsettled is known')
      assert(at > number, 'cells stand in the order of their changes')
      number = at
      assert(cell.present || termOfStamp(stamp) !== termOfStamp(this.floor) || stamp > this.floor ||
        termOfStamp(this.floor) !== this.promised, 'no tombstone is left below the floor')
      assert(this.tombstones.has(element) === (!cell.present && termOfStamp(stamp) === this.promised), 'the tombstones are what is absent')
    }
    assert(termOfStamp(this.floor) <= this.promised && sequenceOf(this.floor) >= 0, 'the floor is of no term above the promise')
  }
}

/** Under which stamp an element is known to be there; empty if it is not. */
function shownOf ({ stamp, cell, committed, shown }: Held): Stamp {
  if (!committed) return shown
  return cell.present ? stamp : ''
}
