import type { Answer } from '../quorum/cells.js'
import { Numbered } from './quorum-digest.js'
import { NumberMap } from './quorum-explorer-map.js'
import { Orders } from './quorum-explorer-orders.js'
import type { ExploredOperation } from './quorum-explorer-orders.js'
import { findUnlinearizable } from './quorum-linearizable.js'
import type { Call } from './quorum-linearizable.js'
import { expect } from './violation.js'

/** What the callers have done and seen so far. */
export interface History {
  /** As it happened: `b3` operation 3 began, `e3 added a ..` it ended so. */
  readonly events: readonly string[]
  /** The greatest owner that was asked for an operation; of reads 0; -1: it has not begun. */
  readonly asked: readonly number[]
  /** Operations that have ended, by bits. */
  readonly ended: number
  readonly orders: Orders
}

/** Parts the fields of an event: a fence may hold spaces. */
const tab = '\t'

/** All histories that were met, each judged once. */
export class Histories {
  readonly histories = new Numbered<History>()
  readonly #operations: readonly ExploredOperation[]
  readonly #asked = new NumberMap()
  readonly #ended = new NumberMap()
  readonly #known = new Map<string, number>()
  readonly #answers = new Numbered<undefined>()
  judged = 0

  constructor (operations: readonly ExploredOperation[]) {
    this.#operations = operations
    this.#number({ events: [], asked: operations.map(() => -1), ended: 0, orders: new Orders(operations) })
  }

  at (history: number): History { return this.histories.at(history) }

  /** An owner is asked for an operation, which may begin thereby. */
  ask (history: number, operation: number, owner: number): number {
    const key = (history * 16 + operation) * 16 + owner
    const known = this.#asked.get(key)
    if (known !== -1) return known
    const before = this.at(history)
    const asked = before.asked.with(operation, Math.max(before.asked[operation]!, owner))
    const next = before.asked[operation] === -1
      ? { ...before, asked, events: [...before.events, `b${operation}`], orders: before.orders.begin(operation) }
      : { ...before, asked }
    return this.#asked.add(key, this.#number(next))
  }

  /** An operation ends. @throws Violation when callers have seen what can't be */
  end (history: number, operation: number, answer: Answer): number {
    const { code, token, fence } = answer
    const event = this.#answers.of(['e' + operation, code, token, fence].join(tab), () => undefined)
    const key = history * 2 ** 20 + event
    const known = this.#ended.get(key)
    if (known !== -1) return known
    const before = this.at(history)
    const events = [...before.events, ['e' + operation, code, token, fence].join(tab)]
    return this.#ended.add(key, this.#number({ ...before, events, ended: before.ended | 1 << operation, orders: before.orders.end(operation, answer) }))
  }

  #number (history: History): number {
    const { events, asked, ended, orders } = history
    const judged = `${precedenceOf(events)} ${asked.join()}`
    const known = this.#known.get(judged)
    if (known !== undefined) return known
    this.#judge(events)
    expect(!orders.isEmpty, () => 'a history that is linearizable has no order')
    const number = this.histories.of(`${asked.join()} ${ended} ${orders.key}`, () => history)
    this.#known.set(judged, number)
    return number
  }

  #judge (events: readonly string[]): void {
    if (events.at(-1)?.startsWith('e') !== true) return
    this.judged++
    const calls: Call[] = this.#operations.flatMap(({ element, kind, token }, number) => {
      const begin = events.indexOf(`b${number}`)
      const end = events.findIndex(event => event.startsWith(`e${number}${tab}`))
      const [, code = '', holder = '', fence = ''] = end === -1 ? [] : events[end]!.split(tab)
      const answer = end === -1 ? undefined : { code: code as 'seen', token: holder, fence }
      return begin === -1 ? [] : [{ element, kind, token, begin, end: end === -1 ? undefined : end, answer }]
    })
    expect(findUnlinearizable(calls) === undefined, () => `not linearizable: ${events.map(event => this.tell(event)).join('; ')}`)
  }

  /** What happened, for readers. */
  tell (event: string): string {
    const [what = '', code, token] = event.split(tab)
    const { kind, element, token: own } = this.#operations[Number(what.slice(1))]!
    const name = `${kind} ${element}${own === '' ? '' : ` ${own}`}`
    return code === undefined ? `${name} begins` : `${name} is answered ${code}${token === '' ? '' : ` ${token}`}`
  }
}

/** Of what callers saw, only the order of ends and beginnings counts: who ended before whom began. */
function precedenceOf (events: readonly string[]): string {
  const ended: string[] = []
  return events.map(event => {
    if (event.startsWith('b')) return `${event}<${[...ended].sort().join()}`
    ended.push(event)
    return event
  }).sort().join(';')
}
