import { assert } from '../ground/assert.js'
import { mostTogether } from './cells.js'
import type { Answer } from './cells.js'
import type { OperationKind } from './execute.js'
import { laneOf } from './lanes.js'
import type { Answered } from './messages.js'
import { Reading } from './reading.js'
import type { QuorumSystem } from './systems.js'
import type { Term } from './terms.js'

/** A call of this node's user, until it is answered. */
export interface PendingCall {
  readonly n: number
  readonly kind: OperationKind
  readonly token: string
  /** Nobody waits for it any more; it may still take effect. */
  isAbandoned: boolean
}

/** The calls on one element: those that are under way together, and those that wait for them. */
export interface CallLine {
  readonly element: string
  readonly lane: number
  readonly queue: PendingCall[]
  /** Under way. They go to the lane's owner, or to all acceptors where there is a reading. */
  batch: PendingCall[]
  reading: { readonly number: number, readonly of: Reading } | undefined
  /** The term whose owner was asked last. */
  term: Term
  /** When they were sent first, and when last. */
  firstMs: number
  sentMs: number
  /** Drawn for each batch: when to take the owner's place. */
  claimMs: number
}

export interface Done { readonly n: number, readonly answer: Answer }

/** The origin's side of exactly once: what was asked of whom, in which order, and what nobody waits for any more. */
export class Calls {
  readonly lines = new Map<string, CallLine>()
  readonly #byLane = new Map<number, Set<CallLine>>()
  readonly #readings = new Map<number, CallLine>()
  /** What is not answered, in the order of numbers, and where it stands. */
  readonly #open = new Map<number, CallLine>()
  #last = 0
  #readingNumber = 0

  get size (): number { return this.#open.size }

  /** Up to here nobody waits for an answer, and nobody ever will. */
  get released (): number {
    const oldest = this.#open.keys().next().value
    return oldest === undefined ? this.#last : oldest - 1
  }

  add (element: string, kind: OperationKind, token: string): { n: number, line: CallLine } {
    const n = ++this.#last
    const line = this.lines.get(element) ?? {
      element, lane: laneOf(element), queue: [], batch: [], reading: undefined, term: '', firstMs: 0, sentMs: 0, claimMs: 0
    }
    this.lines.set(element, line)
    const { lane } = line
    this.#byLane.set(lane, (this.#byLane.get(lane) ?? new Set()).add(line))
    this.#open.set(n, line)
    line.queue.push({ n, kind, token, isAbandoned: false })
    return { n, line }
  }

  /** The lines of one lane: of a hundred thousand calls at once few are in it. */
  linesOf (lane: number): Iterable<CallLine> { return this.#byLane.get(lane) ?? [] }

  /** Takes the next calls of a line that can go together: changes, or reads. @returns whether there are any */
  begin (line: CallLine, system: QuorumSystem, nowMs: number): boolean {
    if (line.batch.length > 0 || line.queue.length === 0) return false
    const reads = line.queue[0]!.kind === 'get'
    const end = line.queue.findIndex(({ kind }, i) => (kind === 'get') !== reads || (i === mostTogether && !reads))
    line.batch = line.queue.splice(0, end === -1 ? line.queue.length : end)
    line.firstMs = nowMs
    if (reads) this.#beginReading(line, system)
    return true
  }

  #beginReading (line: CallLine, system: QuorumSystem): void {
    line.reading = { number: ++this.#readingNumber, of: new Reading(system) }
    this.#readings.set(this.#readingNumber, line)
  }

  /** Forgets whom the calls under way went to: nothing that is still to come of that is believed. */
  restart (line: CallLine, system: QuorumSystem): void {
    line.term = ''
    line.sentMs = -Infinity
    if (line.reading === undefined) return
    this.endReading(line)
    this.#beginReading(line, system)
  }

  reading (number: number): CallLine | undefined { return this.#readings.get(number) }

  /** The acceptors do not agree: from now on the owner is asked. */
  endReading (line: CallLine): void {
    if (line.reading !== undefined) this.#readings.delete(line.reading.number)
    line.reading = undefined
  }

  /** Only what the owner says that was asked last: what another did may have been overtaken. */
  believes (line: CallLine, term: Term): boolean { return line.reading === undefined && line.term === term }

  /** What the owner is asked: one read is enough for all that were made before it. */
  asked (line: CallLine): readonly PendingCall[] { return line.batch[0]?.kind === 'get' ? line.batch.slice(0, 1) : line.batch }

  answered (line: CallLine, answers: readonly Answered[]): Done[] {
    const byNumber = new Map(answers.map(answer => [answer.n, answer]))
    const [first] = line.batch
    const seen = first === undefined ? undefined : byNumber.get(first.n)
    if (first?.kind === 'get' && seen !== undefined) return this.read(line, seen)
    const done = line.batch.filter(({ n }) => byNumber.has(n))
    line.batch = line.batch.filter(({ n }) => !byNumber.has(n))
    return this.#finish(line, done, n => byNumber.get(n)!)
  }

  read (line: CallLine, answer: Answer): Done[] {
    this.endReading(line)
    const done = line.batch
    line.batch = []
    return this.#finish(line, done, () => answer)
  }

  #finish (line: CallLine, calls: readonly PendingCall[], answerOf: (n: number) => Answer): Done[] {
    for (const { n } of calls) this.#open.delete(n)
    this.#tidy(line)
    return calls.filter(({ isAbandoned }) => !isAbandoned).map(({ n }) => ({ n, answer: answerOf(n) }))
  }

  #tidy (line: CallLine): void {
    if (line.batch.length > 0 || line.queue.length > 0) return
    this.lines.delete(line.element)
    this.#byLane.get(line.lane)?.delete(line)
  }

  /** This node may not call any more. @returns what was waiting, and whether it may still take effect */
  failAll (): Array<{ readonly n: number, readonly mayTakeEffect: boolean }> {
    const failed = [...this.lines.values()].flatMap(({ batch, queue }) => [
      ...batch.filter(({ isAbandoned }) => !isAbandoned).map(({ n, kind }) => ({ n, mayTakeEffect: kind !== 'get' })),
      ...queue.map(({ n }) => ({ n, mayTakeEffect: false }))
    ])
    this.lines.clear()
    this.#byLane.clear()
    this.#readings.clear()
    this.#open.clear()
    return failed
  }

  /** Nobody waits for a call any more. @returns whether it may still take effect; undefined: it was answered before */
  abandon (n: number): 'ABORTED' | 'OUTCOME_UNKNOWN' | undefined {
    const line = this.#open.get(n)
    if (line === undefined) return undefined
    const sent = line.batch.find(call => call.n === n)
    if (sent !== undefined) {
      sent.isAbandoned = true
      return sent.kind === 'get' ? 'ABORTED' : 'OUTCOME_UNKNOWN'
    }
    line.queue.splice(line.queue.findIndex(call => call.n === n), 1)
    this.#open.delete(n)
    this.#tidy(line)
    return 'ABORTED'
  }

  check (): void {
    let count = 0
    for (const { queue, batch } of this.lines.values()) {
      count += queue.length + batch.length
      const numbers = [...batch, ...queue].map(({ n }) => n)
      assert(numbers.every((n, i) => i === 0 || n > numbers[i - 1]!), 'the calls on an element stand in the order in which they were made')
    }
    assert(count === this.#open.size, 'what is not answered is in a line')
  }
}
