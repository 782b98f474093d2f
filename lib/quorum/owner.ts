import { assert } from '../ground/assert.js'
import { absent, mostOutcomes } from './cells.js'
import type { Answer, Cell, Outcome } from './cells.js'
import { execute, outcomeOf, withOutcomes } from './execute.js'
import type { Operation, Origin } from './execute.js'
import { Ledger } from './ledger.js'
import type { Accept, Answered, Body, Entry } from './messages.js'
import { beginning } from './progress.js'
import type { Progress } from './progress.js'
import type { Released } from './released.js'
import { reachedByQuorum } from './systems.js'
import type { QuorumSystem } from './systems.js'
import { ownerOf, stampOf } from './terms.js'
import type { Term } from './terms.js'
import { Waiting } from './waiting.js'
import type { Waiter } from './waiting.js'

/** How many cells one ACCEPT carries at most, and how many messages a member may owe an answer for. */
const mostEntries = 64
const mostOutstanding = 4

/**
 * The proposer of Paxos, for one lane and one term: it prepares once for all elements, and then needs one round trip to a
 * quorum a change. `docs/quorum.md` says why each answer is right.
 *
 * Lamport, *Paxos Made Simple*; Rystsov, *CASPaxos*; Skrzypczak et al., *RMWPaxos*; Lee et al., *RIFL*.
 */
export class Owner {
  readonly lane: number
  readonly term: Term
  readonly system: QuorumSystem
  readonly ledger: Ledger
  readonly progress = new Map<string, Progress>()
  readonly waiting = new Waiting()
  /** What was executed in this term, by origin: a number without answers is still waiting. */
  readonly seen = new Map<string, { readonly incarnation: number, readonly answers: Map<number, Answered | undefined> }>()
  /** What was asked of this term before the lane was owned. */
  readonly early: Array<{ readonly origin: Origin, readonly element: string, readonly operations: readonly Operation[] }> = []
  isOwning = false
  committed = 0
  floor = 0
  round = 0
  confirmed = 0
  /** Elements whose base is still to be proposed again in the background. */
  backlog: string[] = []
  /** The head at the moment when the backlog was empty first. */
  #restampedThrough: number | undefined
  readonly #released: Released

  constructor (lane: number, term: Term, system: QuorumSystem, released: Released) {
    this.lane = lane
    this.term = term
    this.system = system
    this.ledger = new Ledger(term)
    this.#released = released
    for (const id of system.members) this.progress.set(id, beginning())
  }

  // Preparing

  /** @returns whether the lane is owned from now on */
  promised (from: string, cursor: number, next: number, entries: readonly Entry[]): boolean {
    const progress = this.progress.get(from)
    if (progress === undefined || this.isOwning || progress.hasPromised || progress.cursor !== cursor) return false
    for (const entry of entries) this.ledger.learn(entry)
    Object.assign(progress, { cursor: next, isAsked: false, attempts: 0, hasPromised: next === 0 })
    // Its own cells first: what it alone holds, of which the others know nothing any more, only it can learn of here.
    if (this.progress.get(ownerOf(this.term))?.hasPromised === false) return false
    if (!this.system.isQuorum(new Set(this.system.members.filter(id => this.progress.get(id)!.hasPromised)))) return false
    this.#own()
    return true
  }

  #own (): void {
    this.isOwning = true
    // The first round tells everyone whose lane it is.
    this.round = 1
    this.backlog = [...this.ledger.lines.keys()]
    if (this.backlog.length === 0) this.#restampedThrough = 0
  }

  // Operations

  /** Executes an origin's operations on one element, in order; what it did before is answered as it was. @returns what can be answered at once */
  forward (origin: Origin, element: string, operations: readonly Operation[]): Answered[] {
    assert(this.isOwning, 'only an owner executes')
    const answers = this.#answersTo(origin)
    if (answers === undefined) return []
    const again: Answered[] = []
    const fresh: Operation[] = []
    for (const operation of operations) {
      const answered = answers.get(operation.n)
      if (answered !== undefined) again.push(answered)
      else if (!answers.has(operation.n) && !this.#released.covers({ origin: origin.id, incarnation: origin.incarnation, n: operation.n })) {
        fresh.push(operation)
      }
    }
    if (fresh.length === 0 || this.#isFull(origin, element, fresh)) return again
    for (const { n } of fresh) answers.set(n, undefined)
    this.#execute(origin, element, fresh, operations[0]!.n)
    return again
  }

  /** Too many origins have not said so far that they wait for this element no more: it has to fit a frame, so others wait for them. */
  #isFull (origin: Origin, element: string, operations: readonly Operation[]): boolean {
    const cell = this.ledger.lines.get(element)?.cell
    if (cell === undefined || cell.outcomes.length <= mostOutcomes) return false
    return cell.outcomes.filter(outcome => !this.#released.covers(outcome)).length > mostOutcomes &&
      !operations.every(({ n }) => outcomeOf(cell, origin, n) !== undefined)
  }

  /** The table of an origin, without what it has released; undefined for a process that is no more. */
  #answersTo ({ id, incarnation }: Origin): Map<number, Answered | undefined> | undefined {
    const known = this.seen.get(id)
    if (known !== undefined && known.incarnation > incarnation) return undefined
    const answers = known?.incarnation === incarnation ? known.answers : new Map<number, Answered | undefined>()
    for (const n of answers.keys()) {
      if (!this.#released.covers({ origin: id, incarnation, n })) break
      answers.delete(n)
    }
    this.seen.set(id, { incarnation, answers })
    return answers
  }

  /** An origin asks about one element in order: whatever came before `first` it has been answered. */
  #execute (origin: Origin, element: string, operations: readonly Operation[], first: number): void {
    const before = this.ledger.lines.get(element)
    let cell = before?.cell ?? absent
    let sequence = this.ledger.head
    const outcomes: Outcome[] = []
    const answers: Array<{ n: number, answer: Answer }> = operations.map(operation => {
      const past = outcomeOf(before?.cell ?? absent, origin, operation.n)
      if (past !== undefined) return { n: operation.n, answer: past }
      const done = execute(cell, operation, stampOf(this.term, sequence + 1))
      if (done.cell !== undefined) sequence++
      cell = done.cell ?? cell
      outcomes.push({ origin: origin.id, incarnation: origin.incarnation, n: operation.n, answer: done.answer })
      return { n: operation.n, answer: done.answer }
    })
    const isOver = (outcome: Outcome): boolean => this.#released.covers(outcome) ||
      (outcome.origin === origin.id && outcome.incarnation === origin.incarnation && outcome.n < first)
    const hasChanged = sequence > this.ledger.head
    const stands = before !== undefined && before.sequence > 0 && !hasChanged
    const line = stands
      ? before
      : this.#propose(element, hasChanged ? withOutcomes(cell, outcomes, isOver) : cell, Math.max(sequence, this.ledger.head + 1))
    this.waiting.add({
      origin,
      element,
      answers: answers.map(({ n, answer }) => ({ n, ...answer, stamp: n === outcomes.at(-1)?.n ? line.stamp : '' })),
      sequence: line.sequence,
      round: hasChanged ? 0 : this.nextRound()
    })
  }

  #propose (element: string, cell: Cell, sequence: number): ReturnType<Ledger['propose']> {
    return this.ledger.propose(element, cell, sequence, this.committed)
  }

  /** A round that begins from now on: what it finds is true of now. */
  nextRound (): number { return ++this.round }

  /**
   * Proposes again, so many at a time, what this term has not touched: earlier terms may have left it undecided, or a member that was
   * away may lack it. @returns whether there was any
   */
  restamp (most: number): boolean {
    let count = 0
    while (count < most) {
      const element = this.backlog.pop()
      if (element === undefined) break
      const line = this.ledger.lines.get(element)
      if (line === undefined || line.sequence > 0) continue
      this.#propose(element, line.cell, this.ledger.head + 1)
      count++
    }
    if (this.isOwning && this.backlog.length === 0) this.#restampedThrough ??= this.ledger.head
    return count > 0
  }

  /** All that earlier terms left is committed in this one. */
  get isSynced (): boolean { return this.#restampedThrough !== undefined && this.committed >= this.#restampedThrough }

  // Rounds

  /** "When a quorum has acknowledged": everything up to there is committed. @returns who can be answered now */
  acknowledged (from: string, closed: number, round: number): Waiter[] {
    const progress = this.progress.get(from)
    if (progress === undefined || !this.isOwning) return []
    progress.closed = Math.max(progress.closed, Math.min(closed, this.ledger.head))
    progress.sent = Math.max(progress.sent, progress.closed)
    progress.round = Math.max(progress.round, Math.min(round, this.round))
    progress.outstanding = Math.max(0, progress.outstanding - 1)
    progress.attempts = 0
    // It owes nothing and yet lacks something: that was lost, and an answer to something older was counted for it.
    if (progress.outstanding === 0) Object.assign(progress, { sent: progress.closed, roundSent: progress.round })
    if (progress.closed > this.committed) this.committed = Math.max(this.committed, reachedByQuorum(this.system, id => this.progress.get(id)!.closed))
    if (progress.round > this.confirmed) this.confirmed = Math.max(this.confirmed, reachedByQuorum(this.system, id => this.progress.get(id)!.round))
    this.ledger.settle(this.committed)
    this.purge()
    const answered = this.waiting.take(this.committed, this.confirmed)
    for (const { origin, answers } of answered) {
      const known = this.seen.get(origin.id)
      if (known?.incarnation === origin.incarnation) for (const answer of answers) known.answers.set(answer.n, answer)
    }
    return answered
  }

  purge (): void {
    if (this.ledger.tombstones.size === 0) return
    this.floor = Math.max(this.floor, this.ledger.purge(Math.min(this.passed(), this.committed), this.#released))
  }

  /** Whether something removed is kept only because its origin has not said so far that it waits no more. */
  get isUnreleased (): boolean {
    const oldest = this.ledger.tombstones.values().next().value
    return oldest !== undefined && oldest.sequence <= Math.min(this.passed(), this.committed)
  }

  /** What every member has: only then nobody is left who could bring a removed element back. */
  passed (): number { return Math.min(...Array.from(this.progress.values(), ({ closed }) => closed)) }

  /** The next message for a member, if there is any that it should have by now. */
  pull (to: string, nowMs: number): Body | undefined {
    const progress = this.progress.get(to)!
    if (!this.isOwning) {
      if (progress.hasPromised || progress.isAsked) return undefined
      progress.isAsked = true
      progress.since = nowMs
      return { type: 'prepare', lane: this.lane, term: this.term, cursor: progress.cursor }
    }
    const isDue = this.ledger.head > progress.sent || this.round > progress.roundSent || progress.isAnnounced
    return isDue && progress.outstanding < mostOutstanding ? this.#accept(progress, nowMs) : undefined
  }

  #accept (progress: Progress, nowMs: number): Accept {
    const { lane, term, round, committed, floor } = this
    const after = progress.sent
    const { entries, through } = this.ledger.since(after, mostEntries)
    if (progress.outstanding === 0) progress.since = nowMs
    progress.outstanding++
    progress.isAnnounced = false
    Object.assign(progress, { sent: through, roundSent: round, commitSent: committed, floorSent: floor })
    return { type: 'accept', lane, term, after, through, round, commit: committed, floor, entries }
  }

  // Time

  /** Everyone has something to answer, and tells thereby what it has released. */
  ask (): void {
    for (const progress of this.progress.values()) if (progress.outstanding === 0) progress.isAnnounced = true
  }

  /** Tells a member again how far the term is committed. */
  remind (id: string): void {
    const progress = this.progress.get(id)
    if (progress !== undefined) progress.isAnnounced = true
  }

  /** News of commits that nothing else has carried yet go out by themselves. @returns whether anybody is owed anything */
  announce (): boolean {
    let isBusy = !this.isOwning || this.backlog.length > 0
    for (const progress of this.progress.values()) {
      if (this.isOwning && progress.outstanding === 0 && (this.committed > progress.commitSent || this.floor > progress.floorSent)) {
        progress.isAnnounced = true
      }
      isBusy ||= progress.isAnnounced || progress.outstanding > 0 || progress.sent < this.ledger.head || progress.isAsked
    }
    return isBusy
  }

  /** Whether a member that owes an answer for too long is asked again: with the same stamps, or the term would have two values of one. */
  retry (to: string, nowMs: number, patienceMs: number): boolean {
    const progress = this.progress.get(to)!
    const owes = this.isOwning ? progress.outstanding > 0 : progress.isAsked
    if (!owes || nowMs - progress.since < patienceMs * Math.min(16, 2 ** progress.attempts)) return false
    progress.attempts++
    progress.since = nowMs
    progress.isAsked = false
    progress.outstanding = 0
    progress.sent = progress.closed
    progress.roundSent = progress.round
    progress.isAnnounced = true
    return true
  }

  check (): void {
    assert(this.committed <= this.ledger.head && this.floor <= this.committed, 'what is purged is committed, what is committed was proposed')
    this.ledger.check()
  }
}
