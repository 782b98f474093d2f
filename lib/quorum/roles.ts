import type { Change } from '../core.js'
import type { Acceptance, Acceptor, Shown } from './acceptor.js'
import { Calling } from './calling.js'
import type { CallResults, Speaking } from './calling.js'
import type { Calls } from './calls.js'
import { laneOf } from './lanes.js'
import type { Body, LaneBody } from './messages.js'
import { Owning } from './owning.js'
import type { Released } from './released.js'
import { Routes } from './routes.js'
import type { QuorumSystem } from './systems.js'
import { Tending } from './tending.js'
import { ownerOf, roundOf, termOfStamp } from './terms.js'
import type { Term } from './terms.js'
import { Tolerance } from './tolerance.js'

export interface RolesOptions {
  readonly id: string
  readonly system: QuorumSystem
  readonly acceptor: Acceptor
  readonly calls: Calls
  readonly released: Released
  readonly random: () => number
  readonly patienceMs: number
  /** A change of members is under way: lanes are proposed again as fast as may be. */
  readonly isJoint: boolean
  /** Of the configuration before. */
  readonly routes: Routes | undefined
  /** For how long nothing has led to a member that was there before; below 0: it still may. */
  readonly goneMs: (id: string) => number
  readonly send: (to: string, body: Body, wide: boolean) => void
  readonly keep: (changes: readonly Change[]) => void
  /** Says it once all that was kept so far is durable. */
  readonly hold: (to: string, body: Body) => void
  readonly show: (shown: Shown) => void
  readonly purged: (element: string) => void
  readonly answer: (done: CallResults['done']) => void
}

/**
 * What a member is in one configuration: acceptor, owner of lanes, caller. With the next configuration all of it begins anew, but for what the
 * acceptor holds, which calls wait, and which terms were heard of: no term outlives its epoch.
 */
export class Roles {
  readonly routes: Routes
  readonly owning: Owning
  readonly calling: Calling
  readonly tending: Tending
  readonly #options: RolesOptions
  readonly #tolerance = new Tolerance()

  constructor (options: RolesOptions) {
    const { id, system, acceptor, calls, released, random, patienceMs, isJoint, routes: before, goneMs, send, keep } = options
    this.#options = options
    this.routes = new Routes(system.members, patienceMs, before)
    this.owning = new Owning({ id, system, routes: this.routes, released, isHurried: isJoint, send })
    this.tending = new Tending({ id, acceptor, routes: this.routes, owning: this.owning, random, send, keep })
    this.calling = new Calling({ id, system, routes: this.routes, random, goneMs, send, owning: this.owning, calls })
    if (before === undefined) for (const { lane, promised } of acceptor.lanes.values()) this.routes.hear(lane, promised)
  }

  get deadline (): number { return Math.min(this.owning.askAt ?? Infinity, this.tending.at ?? Infinity) }

  /** It may speak, for the first time in this run or this configuration. The lanes that it owned may have changes that nobody was told of: it takes them up again. */
  begin (speaking: Speaking): void {
    for (const { lane, promised, cells } of this.#options.acceptor.lanes.values()) {
      if (cells.size > 0 && ownerOf(promised) === this.#options.id) this.owning.claim(lane)
    }
    this.tending.hasten(speaking.nowMs)
    this.calling.restart(speaking)
  }

  /** A quorum can be reached again. */
  ready (speaking: Speaking): void {
    this.tending.hasten(speaking.nowMs)
    this.calling.flushAll(speaking)
  }

  tick (speaking: Speaking): void {
    this.owning.tick(speaking.nowMs)
    this.tending.tick(speaking.nowMs, speaking.maySend)
    this.calling.tick(speaking)
  }

  handle (from: string, incarnation: number, body: LaneBody, speaking: Speaking): void {
    const { acceptor } = this.#options
    if (!this.#isPlausible(body)) return
    switch (body.type) {
      case 'prepare':
        this.owning.hear(body.lane, body.term)
        this.#accepted(from, acceptor.prepare(body.lane, body.term, body.cursor), speaking)
        break
      case 'accept':
        this.#accepted(from, acceptor.accept(body), speaking)
        if (this.owning.hear(body.lane, body.term) || body.round === 1) this.calling.turn(body.lane, speaking)
        break
      case 'read': this.#accepted(from, acceptor.read(body, body.element), speaking); break
      case 'repair': this.#accepted(from, acceptor.repair(body, body.element, body.stamped), speaking); break
      case 'promise': case 'ack': this.owning.hearAcceptor(from, body); break
      case 'refuse': case 'redirect':
        if (this.owning.hear(body.lane, body.term)) this.calling.turn(body.lane, speaking)
        break
      case 'tend':
        this.owning.hear(body.lane, body.term)
        this.owning.tend(from, body.lane, body.term)
        break
      case 'owned': this.tending.owned(body.lane, body.term, speaking.nowMs); break
      case 'forward': this.owning.forward({ id: from, incarnation }, body); break
      case 'answer': case 'value': this.#answered(from, body, speaking); break
      case 'ping': this.#options.send(from, { type: 'pong' }, true); break
      case 'pong': break
    }
  }

  /** Whether its term is one that may come to be, going by those that were heard of. */
  #isPlausible (body: LaneBody): boolean {
    switch (body.type) {
      case 'prepare': case 'accept': case 'refuse': case 'redirect': case 'tend': return this.#isNear(body.lane, body.term)
      case 'repair': return this.#isNear(laneOf(body.element), termOfStamp(body.stamped.stamp))
      default: return true
    }
  }

  #isNear (lane: number, term: Term): boolean {
    const { term: heard } = this.routes.lane(lane)
    const { promised } = this.#options.acceptor.lane(lane)
    if (term <= heard) return true
    return this.#tolerance.admits(lane, roundOf(term), Math.max(roundOf(heard), roundOf(promised)))
  }

  #accepted (to: string, { reply, changes, shown, purged }: Acceptance, speaking: Speaking): void {
    this.#options.keep(changes)
    if (changes.length > 0 || shown.length > 0) this.tending.wake(speaking.nowMs)
    this.#options.hold(to, reply)
    for (const one of shown) this.#options.show(one)
    for (const element of purged) this.#options.purged(element)
  }

  #answered (from: string, body: LaneBody & { readonly type: 'answer' | 'value' }, speaking: Speaking): void {
    if (body.incarnation !== speaking.incarnation) return
    const { done, shown } = body.type === 'answer' ? this.calling.answered(body, speaking) : this.calling.valued(from, body, speaking)
    for (const one of shown) if (!this.#options.acceptor.lane(one.lane).isBelowFloor(one.stamp)) this.#options.show(one)
    this.#options.answer(done)
  }
}
