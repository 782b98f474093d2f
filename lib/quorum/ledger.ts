import { assert } from '../ground/assert.js'
import { cellLength, pageLength } from './cells.js'
import type { Cell } from './cells.js'
import type { Entry } from './messages.js'
import type { Released } from './released.js'
import { SequenceLog } from './sequence-log.js'
import { stampOf } from './terms.js'
import type { Stamp, Term } from './terms.js'

/** The head of an element's chain, chosen or not. */
export interface Line {
  readonly element: string
  /** In this term; 0: it is a base, of an earlier one. */
  readonly sequence: number
  readonly stamp: Stamp
  readonly cell: Cell
  readonly committed: boolean
}

/** What the owner of a lane has proposed in its term, on top of what it learned from a quorum when it prepared. */
export class Ledger {
  readonly term: Term
  readonly lines = new Map<string, Line>()
  readonly log = new SequenceLog()
  /** The last sequence proposed. */
  head = 0
  /** Removed in this term, in the order of sequences. */
  readonly tombstones = new Map<string, Line>()
  /** Sequences that were superseded before they were committed. */
  superseded: number[] = []
  /** Tombstones that were superseded: what follows them must be everywhere before they may be dropped anywhere. */
  shadows: Array<{ readonly sequence: number, readonly until: number }> = []

  constructor (term: Term) {
    this.term = term
  }

  /** "v is the value of the highest-numbered proposal among the responses." */
  learn ({ element, stamp, cell, committed }: Entry): void {
    const known = this.lines.get(element)
    if (known !== undefined && known.stamp >= stamp) {
      if (known.stamp === stamp && committed && !known.committed) this.lines.set(element, { ...known, committed })
      return
    }
    this.lines.set(element, { element, sequence: 0, stamp, cell, committed })
  }

  /** Proposes a cell under a sequence that was never used. Earlier ones that are committed need not be sent any more. */
  propose (element: string, cell: Cell, sequence: number, committed: number): Line {
    assert(sequence > this.head, 'no sequence is proposed twice')
    const before = this.lines.get(element)
    if (before !== undefined && before.sequence > 0) {
      if (before.sequence <= committed) this.log.drop(before.sequence)
      else this.superseded.push(before.sequence)
      if (!before.cell.present) this.shadows.push({ sequence: before.sequence, until: sequence })
    }
    const line: Line = { element, sequence, stamp: stampOf(this.term, sequence), cell, committed: false }
    this.head = sequence
    this.log.append(sequence, element)
    this.lines.set(element, line)
    this.tombstones.delete(element)
    if (!cell.present) this.tombstones.set(element, line)
    return line
  }

  /** Everything up to here is committed: what was superseded need not be sent any more. */
  settle (committed: number): void {
    const end = this.superseded.findIndex(sequence => sequence > committed)
    for (const sequence of this.superseded.splice(0, end === -1 ? this.superseded.length : end)) this.log.drop(sequence)
  }

  /** The latest of each element with a sequence after `after`, and up to where that is all. */
  since (after: number, most: number): { entries: Entry[], through: number } {
    const entries = new Map<string, Entry>()
    let room = pageLength
    for (const { sequence, element } of this.log.after(after)) {
      if (entries.has(element)) continue
      if (entries.size === most || room <= 0) return { entries: [...entries.values()], through: sequence - 1 }
      const line = this.lines.get(element)
      if (line === undefined) continue
      entries.set(element, { element, stamp: line.stamp, cell: line.cell, committed: false })
      room -= cellLength(element, line.cell)
    }
    return { entries: [...entries.values()], through: this.head }
  }

  /** Forgets the removed elements that all members have passed and nobody asks for any more. @returns the last one's sequence, or 0 */
  purge (passed: number, released: Released): number {
    this.shadows = this.shadows.filter(({ until }) => until > passed)
    const bound = Math.min(passed, ...this.shadows.map(({ sequence }) => sequence - 1))
    let floor = 0
    for (const { element, sequence, cell } of this.tombstones.values()) {
      if (sequence > bound || !cell.outcomes.every(outcome => released.covers(outcome))) break
      this.tombstones.delete(element)
      this.lines.delete(element)
      this.log.drop(sequence)
      floor = sequence
    }
    return floor
  }

  check (): void {
    for (const { element, sequence, stamp, cell } of this.lines.values()) {
      assert(sequence <= this.head, 'nothing is ahead of the head')
      assert(sequence === 0 || stamp === stampOf(this.term, sequence), 'a line is stamped by its sequence')
      assert(this.tombstones.has(element) === (sequence > 0 && !cell.present), 'the tombstones are what was removed')
    }
  }
}
