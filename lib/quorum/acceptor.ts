import type { Change } from '../core.js'
import type { Stamped } from './cells.js'
import { LaneCells } from './lane-cells.js'
import type { Held } from './lane-cells.js'
import { laneOf } from './lanes.js'
import type { Accept, Body, ReadId } from './messages.js'
import { cellChange, cellGone, laneChange } from './records.js'
import { sequenceOf, termOfStamp } from './terms.js'
import type { Stamp, Term } from './terms.js'

/** What an element is known to be from now on. */
export interface Shown {
  readonly element: string
  readonly stamp: Stamp
  readonly present: boolean
}

/** What came of a message: a reply that may leave once the changes are durable. */
export interface Acceptance {
  readonly reply: Body
  readonly changes: readonly Change[]
  /** What became known as committed, in any order. */
  readonly shown: readonly Shown[]
  /** Elements of which nothing is kept any more. */
  readonly purged: readonly string[]
}

/** How many cells one PROMISE carries at most. */
const pageCells = 64

const nothing: readonly Change[] = []
const unseen: readonly Shown[] = []
const none: readonly string[] = []

/**
 * The acceptor of Paxos, for all lanes: one promise holds for every element of a lane, also those it never heard of.
 * It answers each message with one reply; that goes out once all that was changed so far is durable.
 *
 * Lamport, *Paxos Made Simple*, 2.2; Rystsov, *CASPaxos*.
 */
export class Acceptor {
  readonly lanes = new Map<number, LaneCells>()
  /** The local number of the last change. */
  number = 0
  /** Lanes of which storage does not know yet how far they are committed: nothing rests on that, so nobody waits for it. */
  readonly #unkept = new Set<LaneCells>()

  lane (number: number): LaneCells {
    const known = this.lanes.get(number) ?? new LaneCells(number)
    this.lanes.set(number, known)
    return known
  }

  restore (lanes: readonly LaneCells[], cells: readonly Held[]): void {
    for (const lane of lanes) this.lanes.set(lane.lane, lane)
    for (const held of cells) {
      const lane = this.lane(laneOf(held.element))
      if (termOfStamp(held.stamp) === lane.promised && sequenceOf(held.stamp) <= lane.commit) held.committed = true
      lane.put(held)
      this.number = Math.max(this.number, held.number)
    }
  }

  /** "If an acceptor receives a prepare request with number n greater than that of any to which it has responded, it promises." */
  prepare (number: number, term: Term, cursor: number): Acceptance {
    const lane = this.lane(number)
    if (!lane.admits(term)) return refusal(lane)
    const changes = this.#promise(lane, term)
    const { entries, next } = lane.page(cursor, pageCells)
    return { reply: { type: 'promise', lane: number, term, cursor, next, entries }, changes, shown: unseen, purged: none }
  }

  accept (accept: Accept): Acceptance {
    const { term, after, through, round, commit, floor, entries } = accept
    const lane = this.lane(accept.lane)
    if (!lane.admits(term)) return refusal(lane)
    const changes = this.#promise(lane, term)
    const shown: Shown[] = []
    let purged = none
    if (lane.closed >= after) {
      for (const { element, stamp, cell } of entries) this.#store(lane, element, { stamp, cell }, changes)
      if (through > lane.closed) {
        lane.closed = through
        changes.push(this.#laneChange(lane))
      }
      this.#commit(lane, commit, shown)
      purged = this.#purge(lane, floor, changes)
    }
    return { reply: { type: 'ack', lane: accept.lane, term, closed: lane.closed, round }, changes, shown, purged }
  }

  read ({ incarnation, number }: ReadId, element: string): Acceptance {
    const held = this.lane(laneOf(element)).cells.get(element)
    const stamped = held === undefined ? undefined : { stamp: held.stamp, cell: held.cell }
    return { reply: { type: 'value', incarnation, number, stamped }, changes: nothing, shown: unseen, purged: none }
  }

  /** A reader passes on what another accepted: to an acceptor that is a late accept of the owner's. */
  repair (id: ReadId, element: string, stamped: Stamped): Acceptance {
    const lane = this.lane(laneOf(element))
    const term = termOfStamp(stamped.stamp)
    const changes: Change[] = []
    if (lane.admits(term)) {
      changes.push(...this.#promise(lane, term))
      this.#store(lane, element, stamped, changes)
    }
    return { ...this.read(id, element), changes }
  }

  /** What is known as committed of terms that are over is kept with the cells: the lane tells of the last term alone. */
  #promise (lane: LaneCells, term: Term): Change[] {
    const kept: Change[] = []
    if (term > lane.promised) {
      for (const held of lane.cells.values()) {
        if (held.committed && termOfStamp(held.stamp) === lane.promised) kept.push(cellChange(held))
      }
    }
    return lane.promise(term) ? [...kept, this.#laneChange(lane)] : []
  }

  #store (lane: LaneCells, element: string, stamped: Stamped, changes: Change[]): void {
    const held = lane.store(element, stamped, this.number + 1)
    if (held === undefined) return
    this.number++
    changes.push(cellChange(held))
  }

  #commit (lane: LaneCells, commit: number, shown: Shown[]): void {
    const settled = lane.settle(commit)
    if (settled === undefined) return
    this.#unkept.add(lane)
    for (const { element, stamp, cell } of settled) shown.push({ element, stamp, present: cell.present })
  }

  #purge (lane: LaneCells, floor: number, changes: Change[]): readonly string[] {
    const purged = lane.purge(floor)
    if (purged === undefined) return none
    changes.push(this.#laneChange(lane), ...purged.map(cellGone))
    return purged
  }

  #laneChange (lane: LaneCells): Change {
    this.#unkept.delete(lane)
    return laneChange(lane)
  }

  /** What became known as committed since it was kept last: a node that starts again shows it at once. */
  commitChanges (): Change[] { return Array.from(this.#unkept, lane => this.#laneChange(lane)) }

  /** Removed elements of which something is kept. */
  get tombstones (): number {
    let count = 0
    for (const { tombstones } of this.lanes.values()) count += tombstones.size
    return count
  }

  check (): void {
    for (const lane of this.lanes.values()) lane.check()
  }
}

function refusal ({ lane, promised }: LaneCells): Acceptance {
  return { reply: { type: 'refuse', lane, term: promised }, changes: nothing, shown: unseen, purged: none }
}
