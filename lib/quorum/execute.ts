import { absent } from './cells.js'
import type { Answer, Cell, Outcome } from './cells.js'
import type { Stamp } from './terms.js'

/** `get` reads; `rem` without a token (empty) removes whoever holds the element. */
export const operationKinds = ['add', 'rem', 'get'] as const
export type OperationKind = typeof operationKinds[number]

export interface Operation {
  readonly n: number
  readonly kind: OperationKind
  readonly token: string
}

/** Whose operations they are: an operation's id is these two and its number. */
export interface Origin {
  readonly id: string
  readonly incarnation: number
}

/** What an operation makes of a cell, and what it is answered; `cell` undefined: it changes nothing. */
export function execute (before: Cell, { kind, token }: Operation, stamp: Stamp): { cell: Cell | undefined, answer: Answer } {
  const holder = { token: before.token, fence: before.fence }
  switch (kind) {
    case 'get': return { cell: undefined, answer: { code: 'seen', ...holder } }
    case 'add':
      if (before.present) return { cell: undefined, answer: { code: before.token === token ? 'added' : 'taken', ...holder } }
      return { cell: { ...before, present: true, token, fence: stamp }, answer: { code: 'added', token, fence: stamp } }
    case 'rem':
      if (!before.present) return { cell: undefined, answer: { code: 'absent', ...holder } }
      if (token !== '' && token !== before.token) return { cell: undefined, answer: { code: 'kept', ...holder } }
      return { cell: { ...absent, outcomes: before.outcomes }, answer: { code: 'removed', ...holder } }
  }
}

/** What the operation came to before, if the cell still tells. */
export function outcomeOf (cell: Cell, origin: Origin, n: number): Answer | undefined {
  return cell.outcomes.find(outcome => outcome.n === n && outcome.origin === origin.id && outcome.incarnation === origin.incarnation)?.answer
}

/** A cell with more outcomes, and without those that their origins have released. */
export function withOutcomes (cell: Cell, more: readonly Outcome[], isReleased: (outcome: Outcome) => boolean): Cell {
  return { ...cell, outcomes: [...cell.outcomes.filter(outcome => !isReleased(outcome)), ...more] }
}
