import type { Exploration, ExploredOperation } from '../../lib/sim/quorum-explorer.js'

/** What is explored: `isQuick` within seconds, the rest by `npm run test:explore`. */
export interface NamedExploration extends Exploration {
  readonly name: string
  readonly isQuick: boolean
}

/** Two elements of one lane. */
const [element, beside] = ['x', 'y136']

export function add (token: string, ...owners: number[]): ExploredOperation { return { element, owners, kind: 'add', token } }

export function remove (...owners: number[]): ExploredOperation { return { element, owners, kind: 'rem', token: '' } }

/** Of owners, or of the acceptors where there are none. */
export function get (...owners: number[]): ExploredOperation { return { element, owners, kind: 'get', token: '' } }

export function exploration (acceptors: number, terms: number, operations: readonly ExploredOperation[], more: Partial<Exploration> = {}): Exploration {
  return { acceptors, tieBreaker: true, terms, operations, purges: false, mostStates: 40_000_000, ...more }
}

/** The same of another element in the lane. */
export function besides (operation: ExploredOperation): ExploredOperation { return { ...operation, element: beside } }

function quick (name: string, ...rest: Parameters<typeof exploration>): NamedExploration { return { name, isQuick: true, ...exploration(...rest) } }

function long (name: string, ...rest: Parameters<typeof exploration>): NamedExploration { return { name, isQuick: false, ...exploration(...rest) } }

const oneEach = [add('a', 0), remove(1), add('b', 2)]
const twoEach = [add('a', 0), remove(0), add('b', 1), remove(1)]
const purges = { purges: true }

export const explorations: readonly NamedExploration[] = [
  quick('3 acceptors, 2 terms, each an operation, a read', 3, 2, [add('a', 0), remove(1), get()]),
  quick('3 acceptors, 2 terms, an add that is asked of both', 3, 2, [add('a', 0, 1), remove(1), get(1)]),
  quick('3 acceptors, 3 terms, each an operation', 3, 3, oneEach),
  quick('3 acceptors, 3 terms, each an operation, purges', 3, 3, oneEach, purges),
  quick('3 acceptors, 3 terms, an operation that is asked of all', 3, 3, [add('a', 0, 1, 2), remove(1)]),
  quick('3 acceptors, 2 terms, each two operations', 3, 2, twoEach),
  quick('3 acceptors, 1 term, two operations, a read, purges', 3, 1, [add('a', 0), remove(0), get()], purges),
  quick('4 acceptors with a tie-breaker, 2 terms, each an operation, a read', 4, 2, [add('a', 0), remove(1), get()]),
  quick('4 acceptors without a tie-breaker, 2 terms, each an operation', 4, 2, [add('a', 0), remove(1)], { tieBreaker: false }),
  quick('3 acceptors, 2 terms, two elements of a lane', 3, 2, [add('a', 0), besides(add('b', 0)), get(1)]),
  quick('3 acceptors, 2 terms, two elements of a lane, each two operations', 3, 2, [add('a', 0), besides(add('b', 0)), get(1), besides(get(1))]),
  quick('3 acceptors, 1 term, two elements of a lane, purges', 3, 1, [add('a', 0), remove(0), besides(add('b', 0))], purges),
  quick('3 acceptors, 3 terms, each an operation, a read', 3, 3, [...oneEach, get()]),
  quick('3 acceptors, 3 terms, each an operation, a read, purges', 3, 3, [...oneEach, get()], purges),
  quick('4 acceptors with a tie-breaker, 3 terms, each an operation', 4, 3, oneEach),
  long('3 acceptors, 3 terms, each an operation, two reads, purges', 3, 3, [...oneEach, get(), get()], purges),
  long('3 acceptors, 3 terms, two operations and one and one, a read, purges', 3, 3, [add('a', 0), remove(0), remove(1), add('b', 2), get()], purges),
  long('3 acceptors, 2 terms, operations that are asked of both, purges', 3, 2, [add('a', 0, 1), remove(0, 1), add('b', 1)], purges),
  long('3 acceptors, 2 terms, each two operations, a read', 3, 2, [...twoEach, get()]),
  long('3 acceptors, 2 terms, each two operations, purges', 3, 2, twoEach, purges),
  long('3 acceptors, 2 terms, each two operations, a read, purges', 3, 2, [...twoEach, get()], purges),
  long('3 acceptors, 2 terms, two elements of a lane, a read, purges', 3, 2, [add('a', 0), besides(add('b', 0)), remove(1), besides(get(1)), get()], purges),
  long('4 acceptors with a tie-breaker, 3 terms, each an operation, a read', 4, 3, [...oneEach, get()]),
  long('4 acceptors with a tie-breaker, 3 terms, each an operation, a read, purges', 4, 3, [...oneEach, get()], purges),
  long('4 acceptors without a tie-breaker, 3 terms, each an operation, a read', 4, 3, [...oneEach, get()], { tieBreaker: false }),
  long('5 acceptors, 3 terms, each an operation, a read', 5, 3, [...oneEach, get()])
]
