import type { Origin } from './execute.js'
import type { Answered, Body } from './messages.js'
import { Owner } from './owner.js'
import type { Released } from './released.js'
import type { Routes } from './routes.js'
import type { QuorumSystem } from './systems.js'
import { hasNext, roundOf, termOf } from './terms.js'
import type { Term } from './terms.js'

export interface OwningOptions {
  readonly id: string
  readonly system: QuorumSystem
  readonly routes: Routes
  readonly released: Released
  /** Whether what earlier terms left is proposed again even while there is something else to do. */
  readonly isHurried: boolean
  readonly send: (to: string, body: Body, wide: boolean) => void
}

/** How many cells of an earlier term are proposed again at a time, where there is nothing else to do. */
const restampedAtOnce = 64
/** So many questions wait for a lane to be owned; they are asked again. */
const mostEarly = 1_000
/** How often origins are asked what they have released, in milliseconds, where removed elements are kept for it. */
const askMs = 250

/** The lanes that this node owns, or is about to. */
export class Owning {
  readonly owners = new Map<number, Owner>()
  /** Whether any of them is owed an answer, or has something to tell. */
  isBusy = false
  /** When origins are to be asked what they have released. */
  askAt: number | undefined
  readonly #options: OwningOptions
  readonly #touched = new Set<Owner>()
  readonly #claims = new Set<number>()

  constructor (options: OwningOptions) {
    this.#options = options
  }

  /** A term was heard of: one that is later than our own ends that. @returns whether it was news */
  hear (lane: number, term: Term): boolean {
    const owner = this.owners.get(lane)
    if (owner !== undefined && owner.term < term) {
      this.owners.delete(lane)
      this.#touched.delete(owner)
    }
    return this.#options.routes.hear(lane, term)
  }

  /** Whether all that was learned when the lane was prepared is proposed again, and committed. */
  isSynced (lane: number): boolean { return this.owners.get(lane)?.isSynced === true }

  owns (lane: number): boolean { return this.owners.get(lane)?.isOwning === true }

  /** Takes the lane in a new term, unless that is under way. */
  claim (lane: number): void {
    if (!this.owners.has(lane)) this.#claims.add(lane)
    this.isBusy = true
  }

  #begin (lane: number, incarnation: number): void {
    const { id, system, routes, released } = this.#options
    const route = routes.lane(lane)
    const owner = new Owner(lane, termOf(roundOf(route.term) + 1, id, incarnation), system, released)
    route.claims++
    routes.hear(lane, owner.term)
    this.owners.set(lane, owner)
    this.#touched.add(owner)
  }

  hearAcceptor (from: string, body: Body & { readonly type: 'promise' | 'ack' }): void {
    const owner = this.owners.get(body.lane)
    if (owner === undefined || owner.term !== body.term) return
    this.#touch(owner)
    if (body.type === 'promise') { owner.promised(from, body.cursor, body.next, body.entries); return }
    for (const { origin, element, answers } of owner.acknowledged(from, body.closed, body.round)) this.#answer(owner, origin, element, answers)
  }

  forward (origin: Origin, { lane, term, element, operations }: Body & { readonly type: 'forward' }): void {
    const owner = this.owners.get(lane)
    const { routes, id, send } = this.#options
    if (owner?.isOwning === true && owner.term === term) {
      this.#touch(owner)
      this.#answer(owner, origin, element, owner.forward(origin, element, operations))
    } else if (owner?.term === term) {
      // It is told to come here as soon as the term is known; what it asks is done once the lane is owned.
      if (owner.early.length < mostEarly) owner.early.push({ origin, element, operations })
    } else if (routes.isCurrent(lane) && routes.lane(lane).term > term) send(origin.id, { type: 'redirect', lane, term: routes.lane(lane).term }, false)
    else if (owner === undefined && routes.ownerOf(lane) === id) this.claim(lane)
  }

  /** Somebody found the lane unsettled, and asks after its owner: this node, as they know. */
  tend (from: string, lane: number, term: Term): void {
    const { routes, id, send } = this.#options
    const owner = this.owners.get(lane)
    if (routes.isCurrent(lane) && routes.lane(lane).term > term) send(from, { type: 'redirect', lane, term: routes.lane(lane).term }, false)
    else if (owner?.isOwning === true) {
      // A member that has started anew may have forgotten what it was told of commits.
      owner.remind(from)
      this.#touch(owner)
      send(from, { type: 'owned', lane, term }, false)
    } else if (routes.ownerOf(lane) === id) this.claim(lane)
  }

  #answer ({ lane, term }: Owner, origin: Origin, element: string, answers: readonly Answered[]): void {
    if (answers.length > 0) this.#options.send(origin.id, { type: 'answer', lane, term, incarnation: origin.incarnation, element, answers }, false)
  }

  #touch (owner: Owner): void {
    this.#touched.add(owner)
    this.isBusy = true
  }

  /** Sends whatever there is to send. `maySend`: a quorum can be reached; before that no new term is begun. */
  pump ({ incarnation, nowMs, maySend }: { readonly incarnation: number, readonly nowMs: number, readonly maySend: boolean }): void {
    if (maySend && this.#claims.size > 0) {
      for (const lane of this.#claims) if (!this.owners.has(lane) && hasNext(this.#options.routes.lane(lane).term)) this.#begin(lane, incarnation)
      this.#claims.clear()
    }
    for (const owner of this.#touched) {
      this.#drain(owner, nowMs)
      if (!owner.isOwning || owner.early.length === 0) continue
      // After the first round, which tells everyone whose lane it is.
      for (const { origin, element, operations } of owner.early.splice(0)) this.#answer(owner, origin, element, owner.forward(origin, element, operations))
      this.#drain(owner, nowMs)
    }
    this.#touched.clear()
  }

  #drain (owner: Owner, nowMs: number): void {
    for (const to of owner.system.members) {
      for (let body = owner.pull(to, nowMs); body !== undefined; body = owner.pull(to, nowMs)) this.#options.send(to, body, false)
    }
  }

  /** Whoever was asked and is silent is asked again, over every way there is. */
  tick (nowMs: number): void {
    const { routes, send, isHurried } = this.#options
    this.isBusy = false
    const isTimeToAsk = this.askAt !== undefined && nowMs >= this.askAt
    if (isTimeToAsk) this.askAt = undefined
    for (const owner of this.owners.values()) {
      owner.purge()
      if (owner.isUnreleased) {
        if (isTimeToAsk) owner.ask()
        this.askAt ??= nowMs + askMs
      }
      if (owner.isOwning && (isHurried || owner.committed === owner.ledger.head) && owner.restamp(restampedAtOnce)) this.#touched.add(owner)
      for (const to of owner.system.members) {
        if (!owner.retry(to, nowMs, routes.patienceMs)) continue
        for (let body = owner.pull(to, nowMs); body !== undefined; body = owner.pull(to, nowMs)) send(to, body, true)
      }
      if (!owner.announce()) continue
      this.isBusy = true
      this.#touched.add(owner)
    }
  }

  check (): void {
    for (const owner of this.owners.values()) owner.check()
  }
}
