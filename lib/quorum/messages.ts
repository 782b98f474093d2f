import { isName, maxIdBytes } from '../ground/ids.js'
import { answerCodes, bad, cellLength, isToken, maxElementBytes, mostTogether, readAnswer, readCell, writeCell } from './cells.js'
import type { Answer, Stamped } from './cells.js'
import { configurationTypes, isConfigurationBody, readConfigurationBody, writeConfigurationFields } from './configuration-messages.js'
import type { ConfigurationBody } from './configuration-messages.js'
import { operationKinds } from './execute.js'
import type { Operation } from './execute.js'
import { laneCount, laneOf } from './lanes.js'
import { isCount, isStamp, isTerm } from './terms.js'
import type { Stamp, Term } from './terms.js'

/** A cell as it travels: of which element, and whether its sender knows it to be committed. */
export interface Entry extends Stamped {
  readonly element: string
  readonly committed: boolean
}

/** An operation's answer. The last of those that were executed together has the stamp that the element had then, the others have none. */
export interface Answered extends Answer {
  readonly n: number
  readonly stamp: Stamp
}

/** What members say to each other; `docs/quorum.md` has the table. */
export type Body = LaneBody | ConfigurationBody

/** What is said of lanes and elements: taken from members of the same epoch alone. */
export type LaneBody =
  | { readonly type: 'prepare', readonly lane: number, readonly term: Term, readonly cursor: number }
  | { readonly type: 'promise', readonly lane: number, readonly term: Term, readonly cursor: number, readonly next: number, readonly entries: readonly Entry[] }
  | Accept
  | { readonly type: 'ack', readonly lane: number, readonly term: Term, readonly closed: number, readonly round: number }
  | { readonly type: 'refuse' | 'redirect' | 'tend' | 'owned', readonly lane: number, readonly term: Term }
  | { readonly type: 'forward', readonly lane: number, readonly term: Term, readonly element: string, readonly operations: readonly Operation[] }
  | { readonly type: 'answer', readonly lane: number, readonly term: Term, readonly incarnation: number, readonly element: string, readonly answers: readonly Answered[] }
  | ReadId & { readonly type: 'read', readonly element: string }
  | ReadId & { readonly type: 'repair', readonly element: string, readonly stamped: Stamped }
  | ReadId & { readonly type: 'value', readonly stamped: Stamped | undefined }
  | { readonly type: 'ping' | 'pong' }

/** Which reading of its origin: a process that starts anew numbers them anew. */
export interface ReadId {
  readonly incarnation: number
  readonly number: number
}

export interface Accept {
  readonly type: 'accept'
  readonly lane: number
  readonly term: Term
  readonly after: number
  readonly through: number
  readonly round: number
  readonly commit: number
  readonly floor: number
  readonly entries: readonly Entry[]
}

const laneTypes = ['prepare', 'promise', 'accept', 'ack', 'refuse', 'redirect', 'forward', 'answer', 'read', 'repair', 'value', 'ping', 'pong', 'tend', 'owned'] as const
const types = [...laneTypes, ...configurationTypes] as const

export function writeBody (body: Body): unknown[] {
  return [types.indexOf(body.type), ...isConfigurationBody(body) ? writeConfigurationFields(body) : writeFields(body)]
}

function writeFields (body: LaneBody): unknown[] {
  switch (body.type) {
    case 'prepare': return [body.lane, body.term, body.cursor]
    case 'promise': return [body.lane, body.term, body.cursor, body.next, body.entries.map(writeEntry)]
    case 'accept': return [body.lane, body.term, body.after, body.through, body.round, body.commit, body.floor, body.entries.map(writeEntry)]
    case 'ack': return [body.lane, body.term, body.closed, body.round]
    case 'refuse': case 'redirect': case 'tend': case 'owned': return [body.lane, body.term]
    case 'forward': return [body.lane, body.term, body.element, body.operations.flatMap(({ n, kind, token }) => [n, operationKinds.indexOf(kind), token])]
    case 'answer': return [body.lane, body.term, body.incarnation, body.element, body.answers.flatMap(({ n, code, token, fence, stamp }) =>
      [n, answerCodes.indexOf(code), token, fence, stamp])]
    case 'read': return [body.incarnation, body.number, body.element]
    case 'repair': return [body.incarnation, body.number, body.element, body.stamped.stamp, writeCell(body.stamped.cell)]
    case 'value': return body.stamped === undefined ? [body.incarnation, body.number] : [body.incarnation, body.number, body.stamped.stamp, writeCell(body.stamped.cell)]
    case 'ping': case 'pong': return []
  }
}

/** About how long it is as it travels, in characters; of what is said seldom, that is not known. */
export function bodyLength (body: Body): number {
  switch (body.type) {
    case 'promise': case 'accept': return body.entries.reduce((length, { element, cell }) => length + cellLength(element, cell), fixedLength)
    case 'forward': return body.operations.reduce((length, { token }) => length + token.length + 16, fixedLength + body.element.length)
    case 'answer': return body.answers.reduce((length, { token, fence, stamp }) => length + token.length + fence.length + stamp.length + 16, fixedLength + body.element.length)
    case 'read': return fixedLength + body.element.length
    case 'repair': return fixedLength + cellLength(body.element, body.stamped.cell)
    case 'value': return fixedLength + (body.stamped === undefined ? 0 : cellLength('', body.stamped.cell))
    case 'prepare': case 'ack': case 'refuse': case 'redirect': case 'tend': case 'owned': case 'ping': case 'pong': return fixedLength
    default: return Infinity
  }
}

/** Of what every body has: a type, a lane, a term, some numbers. */
const fixedLength = 96

/** Reads a message whole, before any of it is applied. @throws TendrilError BAD_FRAME */
export function readBody (value: unknown): Body {
  const [index, a, b, c, d, e, f, g, h] = list(value)
  const type = typeof index === 'number' ? types[index] : undefined
  switch (type) {
    case 'prepare': return { type, lane: lane(a), term: term(b), cursor: count(c) }
    case 'promise': return readPromise(lane(a), term(b), count(c), count(d), e)
    case 'accept': return readAccept(lane(a), term(b), [c, d, e, f, g].map(count), h)
    case 'ack': return { type, lane: lane(a), term: term(b), closed: count(c), round: count(d) }
    case 'refuse': case 'redirect': case 'tend': case 'owned': return { type, lane: lane(a), term: b === '' ? '' : term(b) }
    case 'forward': return { type, lane: lane(a), term: b === '' ? '' : term(b), element: elementOf(c, lane(a)), operations: operations(d) }
    case 'answer': return { type, lane: lane(a), term: term(b), incarnation: count(c), element: element(d), answers: answers(e) }
    case 'read': return { type, incarnation: count(a), number: count(b), element: element(c) }
    case 'repair': return { type, incarnation: count(a), number: count(b), element: element(c), stamped: stamped(d, e) }
    case 'value': return { type, incarnation: count(a), number: count(b), stamped: c === undefined ? undefined : stamped(c, d) }
    case 'ping': case 'pong': return { type }
    case undefined: throw bad('an unknown type of message')
    default: return readConfigurationBody(type, [a, b, c, d])
  }
}

/** Pages go on and on to the last. */
function readPromise (lane: number, term: Term, cursor: number, next: number, list: unknown): LaneBody {
  if (next !== 0 && next <= cursor) throw bad('a page that goes back')
  return { type: 'promise', lane, term, cursor, next, entries: entriesOf(list, lane, term) }
}

function readAccept (lane: number, term: Term, numbers: readonly number[], list: unknown): Accept {
  const [after = 0, through = 0, round = 0, commit = 0, floor = 0] = numbers
  const entries = entriesOf(list, lane, term)
  if (through < after || floor > commit) throw bad('an accept out of order')
  for (const { stamp } of entries) if (!stamp.startsWith(term)) throw bad('an accept of another term')
  return { type: 'accept', lane, term, after, through, round, commit, floor, entries }
}

function writeEntry ({ element, stamp, cell, committed }: Entry): unknown[] {
  return [element, stamp, committed, writeCell(cell)]
}

/** Nothing in a lane is of a later term than the one that is spoken of. */
function entriesOf (value: unknown, lane: number, term: Term): Entry[] {
  return list(value).map(item => {
    const [name, stamp, committed, cell] = list(item)
    if (typeof committed !== 'boolean' || !isStamp(stamp) || stamp.slice(0, term.length) > term) throw bad('an entry that is none')
    return { element: elementOf(name, lane), stamp, committed, cell: readCell(cell) }
  })
}

function stamped (stamp: unknown, cell: unknown): Stamped {
  if (!isStamp(stamp)) throw bad('a stamp that is none')
  return { stamp, cell: readCell(cell) }
}

function operations (value: unknown): Operation[] {
  const flat = list(value)
  if (flat.length > 3 * mostTogether) throw bad('more operations than go together')
  const read: Operation[] = []
  for (let i = 0; i < flat.length; i += 3) {
    const [n, index, token] = flat.slice(i, i + 3)
    const kind = typeof index === 'number' ? operationKinds[index] : undefined
    if (kind === undefined || !isToken(token) || (kind === 'add' && token === '')) throw bad('an operation that is none')
    if (count(n) <= (read.at(-1)?.n ?? 0)) throw bad('operations out of order')
    read.push({ n: count(n), kind, token })
  }
  return read
}

function answers (value: unknown): Answered[] {
  const flat = list(value)
  if (flat.length > 5 * mostTogether) throw bad('more answers than go together')
  const read: Answered[] = []
  for (let i = 0; i < flat.length; i += 5) {
    const [n, code, token, fence, stamp] = flat.slice(i, i + 5)
    if (stamp !== '' && !isStamp(stamp)) throw bad('an answer without a stamp')
    read.push({ n: count(n), ...readAnswer(code, token, fence), stamp })
  }
  return read
}

function list (value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad('no list where one belongs')
  return value
}

function lane (value: unknown): number {
  if (count(value) >= laneCount) throw bad('a lane out of bounds')
  return value as number
}

function term (value: unknown): Term {
  if (!isTerm(value)) throw bad('a term that is none')
  return value
}

function element (value: unknown): string {
  if (!isName(value, maxElementBytes)) throw bad('an element that is none')
  return value
}

/** In another lane it would be a second cell of the element, which nobody compares with the first. */
function elementOf (value: unknown, lane: number): string {
  const name = element(value)
  if (laneOf(name) !== lane) throw bad('an element of another lane')
  return name
}

function count (value: unknown): number {
  if (!isCount(value)) throw bad('a number out of bounds')
  return value
}

/** @throws TendrilError BAD_FRAME */
export function readId (value: unknown): string {
  if (!isName(value, maxIdBytes)) throw bad('an id that is none')
  return value
}
