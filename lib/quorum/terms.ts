import { isName, maxIdBytes } from '../ground/ids.js'

/**
 * A term: (round, owner's id, incarnation) as a string that compares with `<`, as ballots do in Paxos. No term is the
 * beginning of another, so what is appended to it compares as well. The empty string comes before all terms.
 *
 * Lamport, *Paxos Made Simple*, calls it a proposal number.
 */
export type Term = string

/** A term and a sequence: the place of one change in the order of all changes of a lane. The empty string: before all. */
export type Stamp = string

const digits = 8
const limit = 36 ** digits

/** Two spaces end the id; in it a space never stands before another. */
const terminator = '  '

export function termOf (round: number, id: string, incarnation: number): Term {
  return number36(round) + escapeId(id) + terminator + number36(incarnation)
}

export function stampOf (term: Term, sequence: number): Stamp { return term + number36(sequence) }

export function termOfStamp (stamp: Stamp): Term { return stamp.slice(0, -digits) }

export function sequenceOf (stamp: Stamp): number { return stamp === '' ? 0 : parseInt(stamp.slice(-digits), 36) }

export function roundOf (term: Term): number { return term === '' ? 0 : parseInt(term.slice(0, digits), 36) }

/** Whose term it is; the empty term is nobody's. */
export function ownerOf (term: Term): string {
  return term.slice(digits, -digits - terminator.length).replaceAll(' !', ' ')
}

export function isTerm (value: unknown): value is Term {
  if (typeof value !== 'string' || value.length <= 2 * digits + terminator.length) return false
  const escaped = value.slice(digits, -digits - terminator.length)
  return isNumber36(value.slice(0, digits)) && isNumber36(value.slice(-digits)) && value.endsWith(terminator, value.length - digits) &&
    isName(ownerOf(value), maxIdBytes) && escapeId(ownerOf(value)) === escaped
}

export function isStamp (value: unknown): value is Stamp {
  return typeof value === 'string' && isNumber36(value.slice(-digits)) && isTerm(termOfStamp(value))
}

function escapeId (id: string): string { return id.replaceAll(' ', ' !') }

function number36 (value: number): string { return value.toString(36).padStart(digits, '0') }

function isNumber36 (text: string): boolean { return /^[0-9a-z]{8}$/.test(text) }

/** What a round, an incarnation or a sequence may be. */
export function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < limit
}
