import { preference } from './lanes.js'
import { ownerOf } from './terms.js'
import type { Term } from './terms.js'

/** How far apart they step in who may, in milliseconds. */
const stepMs = 20

/** What a node knows of a lane's owner. */
export interface Route {
  /** The greatest term that it heard of. */
  term: Term
  /** Terms that it took itself since an operation was last answered: each makes it more patient. */
  claims: number
  /** The term that the configuration before left behind: nobody owns the lane in it any more. */
  inherited: Term
}

/** Whom to ask about which lane, and how long to wait for them. */
export class Routes {
  readonly #members: readonly string[]
  readonly #leastMs: number
  readonly #lanes = new Map<number, Route>()
  /** The order of the members for each lane that was asked after. */
  readonly #orders = new Map<number, readonly string[]>()
  /** Round trips of late, in milliseconds: the slowest of them decay. */
  #slowestMs = 0

  constructor (members: readonly string[], leastMs: number, before?: Routes) {
    this.#members = members
    this.#leastMs = leastMs
    this.#slowestMs = before?.slowestMs ?? 0
    for (const [lane, { term }] of before?.lanes ?? []) this.inherit(lane, term)
  }

  get slowestMs (): number { return this.#slowestMs }
  get lanes (): ReadonlyMap<number, Route> { return this.#lanes }

  /** A term of another configuration, or of before this run: what comes must be above it. */
  inherit (lane: number, term: Term): void {
    const route = this.lane(lane)
    if (term >= route.term) Object.assign(route, { term, inherited: term })
  }

  lane (lane: number): Route {
    const known = this.#lanes.get(lane) ?? { term: '', claims: 0, inherited: '' }
    this.#lanes.set(lane, known)
    return known
  }

  /** @returns whether the term was news */
  hear (lane: number, term: Term): boolean {
    const route = this.lane(lane)
    if (term <= route.term) return false
    route.term = term
    return true
  }

  /** Whether its term is one of this configuration. */
  isCurrent (lane: number): boolean {
    const { term, inherited } = this.lane(lane)
    return term !== inherited
  }

  ownerOf (lane: number): string {
    return this.isCurrent(lane) ? ownerOf(this.lane(lane).term) : this.#order(lane)[0] ?? ''
  }

  #order (lane: number): readonly string[] {
    const known = this.#orders.get(lane) ?? preference(lane, this.#members)
    this.#orders.set(lane, known)
    return known
  }

  answered (lane: number, tookMs: number): void {
    this.lane(lane).claims = 0
    this.#slowestMs = Math.max(tookMs, this.#slowestMs * 0.98)
  }

  /** How long an answer may take before its silence is taken for more. */
  get patienceMs (): number { return Math.min(2_000, Math.max(this.#leastMs, 4 * this.#slowestMs)) }

  /** How long to wait with the place of an owner that nothing leads to any more: those who come first in the lane's order take it. */
  stepInMs (lane: number, id: string): number {
    const owner = this.ownerOf(lane)
    return stepMs * this.#order(lane).filter(other => other !== owner).indexOf(id)
  }

  /** How long a lane's owner may be silent before this node takes its place: later for those who come later in the lane's order. */
  claimAfterMs (lane: number, id: string, random: number): number {
    const rank = this.#order(lane).indexOf(id)
    return this.patienceMs * (2 + rank + random) * Math.min(16, 2 ** this.lane(lane).claims)
  }
}
