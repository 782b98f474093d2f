import test from 'tape'
import { simulateQuorum } from '../../lib/sim/quorum-simulate.js'

const seeds = 150

test(`${seeds} histories with all that can happen are linearizable, and nothing waits in the end`, t => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure } = simulateQuorum({ seed })
    if (failure !== undefined) t.fail(`seed ${seed}: ${failure.message}`)
  }
  t.end()
})

for (const shape of ['chain', 'ring'] as const) {
  test(`a ${shape} of members works`, t => {
    for (let seed = 1; seed <= 10; seed++) {
      const report = simulateQuorum({ seed, shape, nodes: shape === 'chain' ? 3 : 5 })
      t.equal(report.failure, undefined, `seed ${seed}: ${report.calls} calls`)
    }
    t.end()
  })
}

test('a run replays from its seed', t => {
  t.equal(simulateQuorum({ seed: 7 }).fingerprint, simulateQuorum({ seed: 7 }).fingerprint)
  t.end()
})
