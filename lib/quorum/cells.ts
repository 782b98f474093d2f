import { TendrilError } from '../ground/errors.js'
import { isName, maxIdBytes } from '../ground/ids.js'
import { isCount, isStamp } from './terms.js'
import type { Stamp } from './terms.js'

/** What one operation came to, kept in the cell until its origin has released it (RIFL's completion record). */
export interface Outcome {
  readonly origin: string
  readonly incarnation: number
  readonly n: number
  readonly answer: Answer
}

/** What an operation is answered. `fence` and `token`: of who holds the element; empty where nobody does. */
export interface Answer {
  readonly code: AnswerCode
  readonly token: string
  readonly fence: Stamp
}

/** `added`, `removed`: done. `taken`: already present. `absent`: nothing to remove. `kept`: another token holds it. `seen`: a read. */
export const answerCodes = ['added', 'removed', 'taken', 'absent', 'kept', 'seen'] as const
export type AnswerCode = typeof answerCodes[number]

/** The state of one element, as CASPaxos has a register: each change makes a whole new one of the last. */
export interface Cell {
  readonly present: boolean
  readonly token: string
  readonly fence: Stamp
  readonly outcomes: readonly Outcome[]
}

/** A cell and the stamp under which it was proposed. */
export interface Stamped {
  readonly stamp: Stamp
  readonly cell: Cell
}

export const absent: Cell = { present: false, token: '', fence: '', outcomes: [] }

export const maxTokenBytes = 256
export const maxElementBytes = 1024

export function writeCell ({ present, token, fence, outcomes }: Cell): unknown[] {
  return [present, token, fence, outcomes.flatMap(({ origin, incarnation, n, answer }) =>
    [origin, incarnation, n, answerCodes.indexOf(answer.code), answer.token, answer.fence])]
}

/** About how long a cell is with its element as it travels, in characters, of which each may take three bytes. */
export function cellLength (element: string, { token, fence, outcomes }: Cell): number {
  let length = element.length + token.length + 2 * fence.length + 32
  for (const { origin, answer } of outcomes) length += origin.length + answer.token.length + answer.fence.length + 24
  return length
}

/** A message with cells is about so long, and longer only by its last cell: in characters. */
export const pageLength = 16_384

const outcomeFields = 6
/** So many changes of an origin go together: what they come to travels with the element until it is released, and has to fit a frame. */
export const mostTogether = 32
/** With so many outcomes, and those of one more origin, a cell still fits a frame, however long its names are. */
export const mostOutcomes = 256
const mostRead = mostOutcomes + mostTogether

/** @throws TendrilError BAD_FRAME */
export function readCell (value: unknown): Cell {
  if (!Array.isArray(value)) throw bad('no cell where one belongs')
  const [present, token, fence, flat] = value as unknown[]
  if (typeof present !== 'boolean' || !Array.isArray(flat) || flat.length % outcomeFields !== 0 || flat.length > mostRead * outcomeFields) throw bad('a cell that is none')
  const outcomes: Outcome[] = []
  for (let i = 0; i < flat.length; i += outcomeFields) {
    const [origin, incarnation, n, code, ...rest] = flat.slice(i, i + outcomeFields) as unknown[]
    if (!isName(origin, maxIdBytes) || !isCount(incarnation) || !isCount(n)) throw bad('an outcome that is none')
    outcomes.push({ origin, incarnation, n, answer: readAnswer(code, rest[0], rest[1]) })
  }
  if (!isToken(token) || !isFence(fence) || present !== (token !== '') || present !== (fence !== '')) throw bad('a holder that is none')
  return { present, token, fence, outcomes }
}

/** @throws TendrilError BAD_FRAME */
export function readAnswer (index: unknown, token: unknown, fence: unknown): Answer {
  const code = typeof index === 'number' ? answerCodes[index] : undefined
  if (code === undefined || !isToken(token) || !isFence(fence)) throw bad('an answer that is none')
  return { code, token, fence }
}

/** The empty token is nobody's. */
export function isToken (value: unknown): value is string { return value === '' || isName(value, maxTokenBytes) }

function isFence (value: unknown): value is Stamp { return value === '' || isStamp(value) }

export function bad (what: string): TendrilError { return new TendrilError('BAD_FRAME', `quorum: ${what}`) }
