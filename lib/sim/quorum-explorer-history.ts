import type { Answer } from '../quorum/cells.js'
import type { OperationKind } from '../quorum/execute.js'
import { Numbered } from './quorum-digest.js'
import { findUnlinearizable } from './quorum-linearizable.js'
import type { Call } from './quorum-linearizable.js'
import { expect } from './violation.js'

/** An operation of the exploration. */
export interface ExploredOperation {
  readonly element: string
  /** Owners that may be asked to execute it, in the order of their terms; none: it is a read that asks the acceptors. */
  readonly owners: readonly number[]
  readonly kind: OperationKind
  readonly token: string
}

/** What the callers have done and seen so far. */
interface History {
  /** As it happened: `b3` operation 3 began, `e3 added a ..` it ended so. */
  readonly events: readonly string[]
  /** The greatest owner that was asked for an operation; of reads 0; -1: it has not begun. */
  readonly asked: readonly number[]
  /** Operations that have ended, by bits. */
  readonly ended: number
}

/** Parts the fields of an event: a fence may hold spaces. */
const tab = '\t'

/** All histories that were met, each judged once. */
export class Histories {
  readonly histories = new Numbered<History>()
  readonly #operations: readonly ExploredOperation[]
  readonly #moves = new Map<string, number>()
  judged = 0

  constructor (operations: readonly ExploredOperation[]) {
    this.#operations = operations
    this.#number({ events: [], asked: operations.map(() => -1), ended: 0 })
  }

  at (history: number): History { return this.histories.at(history) }

  /** An owner is asked for an operation, which may begin thereby. */
  ask (history: number, operation: number, owner: number): number {
    return this.#move(`${history} a ${operation} ${owner}`, () => {
      const { asked, events, ...rest } = this.at(history)
      const before = asked[operation]!
      return { ...rest, events: before === -1 ? [...events, `b${operation}`] : events, asked: asked.with(operation, Math.max(before, owner)) }
    })
  }

  /** An operation ends. @throws Violation when callers have seen what can't be */
  end (history: number, operation: number, answer: Answer): number {
    return this.#move(`${history} e ${operation} ${answer.code} ${answer.token} ${answer.fence}`, () => {
      const before = this.at(history)
      const { code, token, fence } = answer
      const events = [...before.events, ['e' + operation, code, token, fence].join(tab)]
      return { ...before, events, ended: before.ended | 1 << operation }
    })
  }

  #move (key: string, next: () => History): number {
    const known = this.#moves.get(key) ?? this.#number(next())
    this.#moves.set(key, known)
    return known
  }

  #number (history: History): number {
    const { events, asked } = history
    return this.histories.of(`${precedenceOf(events)} ${asked.join()}`, () => {
      this.#judge(events)
      return history
    })
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
