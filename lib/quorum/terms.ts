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

/** Whether a round follows it: what a number has no room for is no term. */
export function hasNext (term: Term): boolean { return roundOf(term) < limit - 1 }

/** Whose term it is; the empty term is nobody's. */
export function ownerOf (term: Term): string {
  return term.slice(digits, -digits - terminator.length).replaceAll(' !', ' ')
}

export function isTerm (value: unknown): value is Term {
  if (typeof value !== 'string' || value.length <= 2 * digits + terminator.length) return false
  if (known.has(value)) return true
  const escaped = value.slice(digits, -digits - terminator.length)
  const isOne = isNumber36(value, 0) && isNumber36(value, value.length - digits) && value.endsWith(terminator, value.length - digits) &&
    isName(ownerOf(value), maxIdBytes) && escapeId(ownerOf(value)) === escaped
  if (isOne) remember(value)
  return isOne
}

/** Terms that were looked at: the same few come with every message. */
const known = new Set<string>()
const mostKnown = 1_024

function remember (term: Term): void {
  if (known.size >= mostKnown) known.clear()
  known.add(term)
}

export function isStamp (value: unknown): value is Stamp {
  return typeof value === 'string' && value.length > digits && isNumber36(value, value.length - digits) && isTerm(termOfStamp(value))
}

function escapeId (id: string): string { return id.replaceAll(' ', ' !') }

function number36 (value: number): string { return value.toString(36).padStart(digits, '0') }

/** Whether there is a number of eight digits from there on. */
function isNumber36 (text: string, from: number): boolean {
  for (let i = from; i < from + digits; i++) {
    const unit = text.charCodeAt(i)
    if (!((unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x7a))) return false
  }
  return true
}

/** What a round, an incarnation or a sequence may be. */
export function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < limit
}
