import type { Change } from '../core.js'
import type { ErrorCode } from '../ground/errors.js'
import { Changing } from './changing.js'
import { jointOf, mostEpochs, settledOf } from './configuration.js'
import type { Configuration, Member } from './configuration.js'
import { successionChange } from './configuration-records.js'
import type { StoredStanding } from './configuration-records.js'
import { readLanes, writeLanes } from './lane-set.js'
import type { Body } from './messages.js'
import type { Owning } from './owning.js'
import type { Routes } from './routes.js'
import { Succession } from './succession.js'
import type { SuccessionBody } from './succession.js'
import { Syncing } from './syncing.js'
import type { QuorumSystem } from './systems.js'
import { hasNext, roundOf, termOf } from './terms.js'
import type { Term } from './terms.js'
import { Tolerance } from './tolerance.js'

/** What a part of a core may do. */
export interface Means {
  readonly send: (to: string, body: Body, wide: boolean) => void
  readonly keep: (changes: readonly Change[]) => void
  /** Says it once all that was kept so far is durable. */
  readonly hold: (to: string, body: Body) => void
}

/** What this node knows of its own run. */
export interface Run {
  readonly store: string
  readonly incarnation: number
  readonly nowMs: number
}

/** The configuration that holds, `members` with the stores that are known to speak for them. */
export interface Present {
  readonly configuration: Configuration
  readonly system: QuorumSystem
  readonly members: readonly Member[]
  readonly run: Run
  readonly isMember: boolean
  readonly mayVote: boolean
}

export interface SucceedingOptions extends Means {
  readonly id: string
  readonly random: () => number
  readonly adopt: (configuration: Configuration) => void
  readonly changed: (n: number, code: ErrorCode | undefined) => void
}

/** How long a proposer waits at most after it was refused, and before it takes the place of one who is before it, in milliseconds. */
const patienceMs = 400
const rankMs = 100
/** How often members are told which lanes are synced: of news, and at all. */
const newsMs = 20
const againMs = 500

/** What follows the present configuration: the changes that were asked for here, the succession that decides, the syncing in between. */
export class Succeeding {
  readonly changing = new Changing()
  succession = new Succession()
  syncing: Syncing | undefined
  readonly #options: SucceedingOptions
  #tolerance = new Tolerance()
  #proposeAt = -Infinity
  #wholeAt: number | undefined

  constructor (options: SucceedingOptions) {
    this.#options = options
  }

  get isBusy (): boolean { return this.syncing !== undefined || this.succession.attempt !== undefined || this.changing.size > 0 }

  /** Another configuration holds from now on. */
  restart ({ next }: Configuration): void {
    this.succession = new Succession()
    this.#tolerance = new Tolerance()
    this.syncing = next === undefined ? undefined : new Syncing()
    this.#wholeAt = undefined
    this.#proposeAt = -Infinity
  }

  restore (stored: StoredStanding['succession']): void {
    Object.assign(this.succession, stored)
    this.succession.hear(this.succession.promised)
  }

  handle (from: string, body: SuccessionBody | { readonly type: 'synced', readonly lanes: string }, present: Present): void {
    const { succession } = this
    switch (body.type) {
      case 'synced': this.syncing?.hear(readLanes(body.lanes)); break
      case 'next-prepare':
        if (this.#isNear(body.ballot)) this.#reply(from, succession.prepare(body.ballot))
        break
      case 'next-accept':
        if (this.#isNear(body.ballot) && follows(body.configuration, present.configuration)) this.#reply(from, succession.accept(body.ballot, body.configuration))
        break
      case 'next-promise': if (succession.heardPromise(from, body.ballot, body.accepted, present.system)) this.#ask(present, false); break
      case 'next-accepted': {
        const decided = succession.heardAccepted(from, body.ballot, present.system)
        if (decided !== undefined) this.#options.adopt(decided)
        break
      }
      case 'next-refuse':
        if (!this.#isNear(body.ballot)) break
        succession.refused(body.ballot)
        this.#proposeAt = present.run.nowMs + patienceMs * this.#options.random()
    }
  }

  #isNear (ballot: Term): boolean { return this.#tolerance.admits(0, roundOf(ballot), roundOf(this.succession.heard)) }

  #reply (to: string, body: SuccessionBody): void {
    if (body.type !== 'next-refuse') this.#options.keep([successionChange(this.succession)])
    this.#options.hold(to, body)
  }

  #ask ({ system }: Present, wide: boolean): void {
    for (const id of system.members) {
      const body = this.succession.ask(id)
      if (body !== undefined) this.#options.send(id, body, wide)
    }
  }

  #propose (value: Configuration, present: Present): void {
    const { nowMs, incarnation } = present.run
    const { succession } = this
    if (succession.attempt !== undefined || nowMs < this.#proposeAt || !present.mayVote || !hasNext(succession.heard) || value.epoch >= mostEpochs) return
    succession.propose(termOf(roundOf(succession.heard) + 1, this.#options.id, incarnation), value)
    this.#ask(present, false)
  }

  /** Takes the next step of the changes that were asked for here. */
  change (present: Present): void {
    const { configuration, members } = present
    if (!present.isMember) {
      for (const { n, code } of this.changing.endAll(configuration)) this.#options.changed(n, code)
      return
    }
    const next = this.changing.next(configuration, members)
    if (next === undefined) return
    const { n, step } = next
    if (step.kind === 'end') {
      this.#options.changed(n, step.code)
      this.change(present)
    } else if (step.kind === 'invite') this.#options.send(step.id, { type: 'invite' }, true)
    else this.#propose(jointOf({ ...configuration, members }, step.next), present)
  }

  /** `isTime`: whoever is silent is to be asked again. */
  tick (present: Present, isTime: boolean, owning: Owning | undefined, routes: Routes | undefined): void {
    if (isTime && this.succession.attempt !== undefined) this.#ask(present, true)
    else if (isTime) this.change(present)
    if (this.syncing !== undefined && owning !== undefined && routes !== undefined && present.mayVote) this.#sync(this.syncing, present, owning, routes)
  }

  #sync (syncing: Syncing, present: Present, owning: Owning, routes: Routes): void {
    const { configuration, system, run: { nowMs } } = present
    const { id, random, send } = this.#options
    syncing.tick(id, owning, routes, random, nowMs)
    const isNews = syncing.lanes.size > syncing.toldCount
    if (nowMs - syncing.toldAt >= (isNews ? newsMs : againMs)) {
      syncing.toldAt = nowMs
      syncing.toldCount = syncing.lanes.size
      for (const to of system.members) if (to !== id) send(to, { type: 'synced', lanes: writeLanes(syncing.lanes) }, !isNews)
    }
    if (!syncing.isWhole) return
    // One of those who know begins, the others wait whether it does.
    this.#wholeAt ??= nowMs + system.members.indexOf(id) * rankMs
    if (nowMs >= this.#wholeAt) this.#propose(settledOf(configuration), present)
  }
}

/** Only that may follow which the epoch itself allows. */
function follows (next: Configuration, present: Configuration): boolean {
  return next.origin === present.origin && next.epoch === present.epoch + 1
}
