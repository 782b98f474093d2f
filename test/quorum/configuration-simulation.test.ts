import test from 'tape'
import { simulateQuorum } from '../../lib/sim/quorum-simulate.js'

const seeds = 10

test(`${seeds} histories in which members form, grow, shrink, are replaced and lose their disks`, t => {
  let epochs = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const report = simulateQuorum({ seed, changes: true, actions: 40 })
    epochs += report.epochs
    if (report.failure !== undefined) t.fail(`seed ${seed}: ${report.failure.message}`)
  }
  t.ok(epochs > seeds, `${epochs} configurations were in force`)
  t.end()
})

test('a run with changes replays from its seed', t => {
  const options = { seed: 3, changes: true, actions: 40 }
  t.equal(simulateQuorum(options).fingerprint, simulateQuorum(options).fingerprint)
  t.end()
})
