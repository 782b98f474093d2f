import { tellPath } from './quorum-explorer-path.js'
import { StateStore } from './quorum-explorer-states.js'
import { Steps } from './quorum-explorer-steps.js'
import type { Exploration } from './quorum-explorer-steps.js'
import { expect } from './violation.js'

export type { ExploredOperation } from './quorum-explorer-orders.js'
export type { Exploration } from './quorum-explorer-steps.js'

export interface ExplorationReport {
  readonly states: number
  readonly transitions: number
  /** How many histories were judged. */
  readonly histories: number
  /** What went wrong, and a way that leads to it: of fewest states. */
  readonly failure: { readonly error: Error, readonly path: readonly string[] } | undefined
}

/**
 * Tries every order in which messages can arrive, be doubled, or be lost, at the production acceptors, owners and readings, breadth first:
 * a message once sent stays under way for ever. `docs/quorum.md` says what is left out, and why that hides nothing.
 */
export function explore (exploration: Exploration): ExplorationReport {
  const steps = new Steps(exploration)
  const store = new StateStore(steps.width)
  const vector = steps.first()
  store.add(vector, -1)
  let transitions = 0
  let state = 0
  let failure: ExplorationReport['failure']
  const found = (next: Int32Array): void => {
    transitions++
    steps.order(next)
    store.add(next, state)
  }
  try {
    for (; state < store.size; state++) {
      store.read(state, vector)
      steps.expand(vector, found)
      expect(store.size <= exploration.mostStates, () => 'there are more states than there should be')
    }
  } catch (error) {
    const { path, error: again } = tellPath(steps, exploration, store.pathTo(state))
    failure = { error: again ?? (error instanceof Error ? error : new Error(String(error))), path }
  }
  return { states: store.size, transitions, histories: steps.histories.judged, failure }
}
