import test from 'tape'
import { explore } from '../../lib/sim/quorum-explorer.js'
import { plantNoPromiseCheck } from './mutants.js'
import type { Exploration } from '../../lib/sim/quorum-explorer.js'

const add = (token: string, ...owners: number[]): Exploration['operations'][number] => ({ owners, kind: 'add', token })
const remove = (...owners: number[]): Exploration['operations'][number] => ({ owners, kind: 'rem', token: '' })

const explorations: Array<[what: string, exploration: Exploration]> = [
  ['3 acceptors, 2 terms, 2 adds', { acceptors: 3, tieBreaker: true, terms: 2, operations: [add('a', 0), add('b', 1)], mostStates: 20_000 }],
  ['3 acceptors, 2 terms, an add and a removal', { acceptors: 3, tieBreaker: true, terms: 2, operations: [add('a', 0), remove(1)], mostStates: 20_000 }]
]

for (const [what, exploration] of explorations) {
  test(`whatever is lost, doubled or late: ${what}`, t => {
    const { states, failure } = explore(exploration)
    t.equal(failure?.error.message, undefined, `${states} states`)
    t.end()
  })
}

test('caught: no promise check', t => {
  const restore = plantNoPromiseCheck()
  try {
    const { states, failure } = explore(explorations[0]![1])
    t.match(failure?.error.message ?? '', /not linearizable/, `after ${states} states`)
  } finally {
    restore()
  }
  t.end()
})
