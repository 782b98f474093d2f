import test from 'tape'
import { explore } from '../../lib/sim/quorum-explorer.js'
import { explorations } from './explorations.js'
import { exploredMutants } from './mutants-explored.js'

for (const { name, isQuick, ...exploration } of explorations) {
  if (!isQuick) continue
  test(`whatever is lost, doubled or late: ${name}`, t => {
    const { states, failure } = explore(exploration)
    t.equal(failure === undefined ? '' : [failure.error.message, ...failure.path].join('\n'), '', `${states} states`)
    t.end()
  })
}

for (const { fault, plant, exploration, shows } of exploredMutants) {
  test(`caught: ${fault}`, t => {
    const restore = plant()
    try {
      const { states, failure } = explore(exploration)
      t.match(failure?.error.message ?? '', shows, `after ${states} states, by ${failure?.path.length} steps`)
    } finally {
      restore()
    }
    t.end()
  })
}

test('the way to a violation is told step by step, with one name for each acceptor', t => {
  const { plant, exploration } = exploredMutants[0]
  const restore = plant()
  try {
    t.deepEqual(explore(exploration).failure?.path, [
      'a0 takes PREPARE of o0',
      'a1 takes PREPARE of o0',
      'o0 owns, promised by a0 a1',
      'o0 executes add x a',
      'a0 takes ACCEPT of o0 after 0 through 1, round 1, floor 0, x: a at 1.1',
      'add x a begins',
      'a2 takes PREPARE of o1',
      'a2 takes ACCEPT of o0 after 0 through 1, round 1, floor 0, x: a at 1.1',
      'add x a is answered added a',
      'a1 takes PREPARE of o1',
      'o1 owns, promised by a1 a2',
      'o1 executes rem x',
      'a1 takes ACCEPT of o1 after 0 through 1, round 2, floor 0, x: absent at 2.1',
      'rem x begins',
      'a0 takes ACCEPT of o1 after 1 through 1, round 2, floor 0'
    ])
  } finally {
    restore()
  }
  t.end()
})
