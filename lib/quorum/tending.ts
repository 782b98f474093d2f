import type { Change } from '../core.js'
import type { Acceptor } from './acceptor.js'
import type { LaneCells } from './lane-cells.js'
import type { Body } from './messages.js'
import type { Owning } from './owning.js'
import type { Routes } from './routes.js'
import { termOfStamp } from './terms.js'
import type { Term } from './terms.js'

export interface TendingOptions {
  readonly id: string
  readonly acceptor: Acceptor
  readonly routes: Routes
  readonly owning: Owning
  readonly random: () => number
  readonly send: (to: string, body: Body, wide: boolean) => void
  readonly keep: (changes: readonly Change[]) => void
}

/** A lane that stands still: how it stood when it last moved, and how long that may last. */
interface Watch {
  mark: string
  /** How often the owner has said that it is there, although something here is none of its term's. */
  delays: number
  since: number
  patienceMs: number
}

/** How often lanes are looked at that hold something unsettled, in milliseconds. */
const tendMs = 500
/** So often an owner may put off a member that holds what the owner has not proposed again. */
const mostDelays = 4

/**
 * Looks after lanes that hold what only an owner can settle: cells not known as committed, removed elements not purged. An owner may
 * be gone for good, or have forgotten that it is one, and no call may ever come; then another member takes its place.
 */
export class Tending {
  readonly #options: TendingOptions
  readonly #watches = new Map<number, Watch>()
  /** When to look next; undefined: there is nothing to look after. */
  at: number | undefined
  #isHasty = false

  constructor (options: TendingOptions) {
    this.#options = options
  }

  /** Something was accepted. */
  wake (nowMs: number): void { this.at ??= nowMs + tendMs }

  /** What storage held may be settled for long: to be asked at once. */
  hasten (nowMs: number): void {
    this.at = nowMs
    this.#isHasty = true
  }

  /** `maySend`: a quorum can be reached. Else nobody could settle anything, and nobody is to blame for it. */
  tick (nowMs: number, maySend: boolean): void {
    if (this.at === undefined || nowMs < this.at) return
    this.at = undefined
    const { acceptor, owning, keep } = this.#options
    keep(acceptor.commitChanges())
    for (const lane of acceptor.lanes.values()) {
      if (lane.unsettled.size === 0 || owning.owners.has(lane.lane)) { this.#watches.delete(lane.lane); continue }
      this.at = nowMs + tendMs
      if (maySend) this.#tend(lane, nowMs)
      else this.#watches.delete(lane.lane)
    }
    if (maySend) this.#isHasty = false
  }

  #tend ({ lane, promised, closed, commit, floor, unsettled }: LaneCells, nowMs: number): void {
    const { id, routes, owning, send } = this.#options
    const mark = `${promised} ${closed} ${commit} ${floor} ${unsettled.size}`
    const watch = this.#watches.get(lane)
    if (watch?.mark !== mark) {
      this.#watch(lane, mark, nowMs)
      // It has moved: its owner is there.
      if (!this.#isHasty) return
    } else if (nowMs - watch.since >= watch.patienceMs) {
      this.#watch(lane, mark, nowMs)
      owning.claim(lane)
      return
    }
    const owner = routes.ownerOf(lane)
    if (owner === id) owning.claim(lane)
    else send(owner, { type: 'tend', lane, term: routes.lane(lane).term }, true)
  }

  #watch (lane: number, mark: string, since: number): void {
    const { id, routes, random } = this.#options
    this.#watches.set(lane, { mark, delays: 0, since, patienceMs: 2 * tendMs + routes.claimAfterMs(lane, id, random()) })
  }

  /**
   * Its owner is there, and will see to it; but for what it does not know of: a tombstone, say, that all others have purged. Of that it
   * learns when it prepares, and from those alone who promise in time; whoever claims the lane mostly hears itself.
   */
  owned (number: number, term: Term, nowMs: number): void {
    const watch = this.#watches.get(number)
    if (watch === undefined || term !== this.#options.routes.lane(number).term) return
    const lane = this.#options.acceptor.lane(number)
    const isKnown = lane.promised === term && Array.from(lane.unsettled).every(element => termOfStamp(lane.cells.get(element)!.stamp) === term)
    if (!isKnown && ++watch.delays > mostDelays) return
    watch.since = nowMs
  }
}
