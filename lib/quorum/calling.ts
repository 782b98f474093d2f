import type { CallLine, Calls, Done } from './calls.js'
import type { Answered, Body } from './messages.js'
import type { Owning } from './owning.js'
import type { Routes } from './routes.js'
import type { QuorumSystem } from './systems.js'
import type { Stamp } from './terms.js'

export interface CallingOptions {
  readonly id: string
  readonly system: QuorumSystem
  readonly routes: Routes
  readonly random: () => number
  /** For how long nothing has led to a member that was there before; below 0: it still may. */
  readonly goneMs: (id: string) => number
  readonly send: (to: string, body: Body, wide: boolean) => void
  readonly owning: Owning
  readonly calls: Calls
}

/** As which run this node speaks, when, and whether there is anybody to hear it. */
export interface Speaking {
  readonly incarnation: number
  readonly nowMs: number
  readonly maySend: boolean
}

/** What came of calls, and what the node has thereby been told of elements. */
export interface CallResults {
  readonly done: readonly Done[]
  readonly shown: ReadonlyArray<{ readonly lane: number, readonly element: string, readonly stamp: Stamp, readonly present: boolean }>
}

const nothing: CallResults = { done: [], shown: [] }

/** Sends this node's calls to whom they concern, again where there is no answer, elsewhere where another term has begun. */
export class Calling {
  readonly calls: Calls
  readonly #options: CallingOptions

  constructor (options: CallingOptions) {
    this.#options = options
    this.calls = options.calls
  }

  flushAll (speaking: Speaking): void {
    for (const line of this.calls.lines.values()) this.flush(line, speaking)
  }

  /** Begins all anew that is under way: whoever was asked before has no say any more. */
  restart (speaking: Speaking): void {
    for (const line of this.calls.lines.values()) {
      this.calls.restart(line, this.#options.system)
      if (line.batch.length > 0 && speaking.maySend) {
        this.#drawClaim(line, speaking)
        this.#send(line, speaking, false)
      }
    }
    this.flushAll(speaking)
  }

  /** Sends the next calls of a line, unless others are under way. */
  flush (line: CallLine, speaking: Speaking): void {
    const { system } = this.#options
    if (!speaking.maySend || !this.calls.begin(line, system, speaking.nowMs)) return
    this.#drawClaim(line, speaking)
    this.#send(line, speaking, false)
  }

  #drawClaim (line: CallLine, { nowMs }: Speaking): void {
    const { id, routes, random } = this.#options
    line.firstMs = nowMs
    line.claimMs = routes.claimAfterMs(line.lane, id, random())
  }

  #send (line: CallLine, { incarnation, nowMs }: Speaking, wide: boolean): void {
    const { id, system, routes, send, owning } = this.#options
    const { lane, element, reading } = line
    line.sentMs = nowMs
    if (reading !== undefined) {
      for (const to of system.members) {
        if (!reading.of.values.has(to)) send(to, { type: 'read', incarnation, number: reading.number, element }, wide)
      }
      return
    }
    const owner = routes.ownerOf(lane)
    line.term = routes.lane(lane).term
    if (owner === id && !owning.owns(lane)) owning.claim(lane)
    else send(owner, { type: 'forward', lane, term: line.term, element, operations: this.calls.asked(line).map(({ n, kind, token }) => ({ n, kind, token })) }, wide)
  }

  /** A lane has another owner, or has one now: what waits for it is sent there. */
  turn (lane: number, speaking: Speaking): void {
    for (const line of this.calls.linesOf(lane)) {
      if (line.batch.length === 0 || line.reading !== undefined) continue
      if (line.term !== this.#options.routes.lane(lane).term || this.#options.owning.owns(lane)) {
        this.#drawClaim(line, speaking)
        this.#send(line, speaking, false)
      }
    }
  }

  answered ({ element, term, answers }: Body & { readonly type: 'answer' }, speaking: Speaking): CallResults {
    const line = this.calls.lines.get(element)
    if (line === undefined || !this.calls.believes(line, term)) return nothing
    const done = this.calls.answered(line, answers)
    if (done.length > 0) this.#options.routes.answered(line.lane, speaking.nowMs - line.sentMs)
    this.flush(line, speaking)
    const last = answers.findLast(({ stamp }) => stamp !== '')
    return { done, shown: last === undefined ? [] : [{ lane: line.lane, element, stamp: last.stamp, present: showsPresent(last) }] }
  }

  valued (from: string, { number, incarnation, stamped }: Body & { readonly type: 'value' }, speaking: Speaking): CallResults {
    const line = this.calls.reading(number)
    if (line?.reading === undefined) return nothing
    const { reading: { of: reading }, element, lane } = line
    reading.hear(from, stamped)
    const agreed = reading.agreed()
    if (agreed !== undefined) {
      const { token = '', fence = '', present = false } = agreed.stamped?.cell ?? {}
      const done = this.calls.read(line, { code: 'seen', token, fence })
      this.#options.routes.answered(lane, speaking.nowMs - line.sentMs)
      this.flush(line, speaking)
      return { done, shown: agreed.stamped === undefined ? [] : [{ lane, element, stamp: agreed.stamped.stamp, present }] }
    }
    const repair = reading.repair()
    for (const to of repair?.to ?? []) {
      this.#options.send(to, { type: 'repair', incarnation, number, element, stamped: repair!.stamped }, false)
    }
    return nothing
  }

  /** Whether the lane's owner is gone, so that nobody need find out by its silence. */
  #mayStepIn ({ lane, reading }: CallLine): boolean {
    const { id, routes, goneMs } = this.#options
    if (reading !== undefined) return false
    const owner = routes.ownerOf(lane)
    const ms = goneMs(owner)
    return owner !== id && ms >= 0 && ms >= routes.stepInMs(lane, id)
  }

  tick (speaking: Speaking): void {
    const { routes, owning } = this.#options
    if (!speaking.maySend) return
    for (const line of this.calls.lines.values()) {
      if (line.batch.length === 0) { this.flush(line, speaking); continue }
      const mayStepIn = this.#mayStepIn(line)
      if (!mayStepIn && speaking.nowMs - line.sentMs < routes.patienceMs) continue
      // Members who do not agree, though they were told, will not: there are changes under way.
      if (line.reading?.of.hasQuorum === true) this.calls.endReading(line)
      if (line.reading === undefined && (mayStepIn || speaking.nowMs - line.firstMs >= line.claimMs)) {
        owning.claim(line.lane)
        this.#drawClaim(line, speaking)
      }
      this.#send(line, speaking, true)
    }
  }
}

/** Whether the element was there after the operation. */
function showsPresent ({ code, token }: Answered): boolean {
  return code === 'added' || code === 'taken' || code === 'kept' || (code === 'seen' && token !== '')
}
