import test from 'tape'
import { simulateQuorum } from '../../lib/sim/quorum-simulate.js'
import { quorumMutants } from './mutants.js'

for (const { fault, seeds, nodes, faults, plant } of quorumMutants) {
  test(`caught: ${fault}`, t => {
    const restore = plant()
    let caught: Error | undefined
    let seed = 0
    try {
      while (caught === undefined && seed < seeds) {
        const { failure } = simulateQuorum({ seed: ++seed, nodes, faults })
        // That something waits would be a fault as well, but not the one that was planted.
        if (failure !== undefined && !/never purged| wait/.test(failure.message)) caught = failure
      }
    } finally {
      restore()
    }
    t.ok(caught, `by seed ${seed}: ${caught?.message.split('\n')[0]}`)
    t.equal(simulateQuorum({ seed, nodes, faults }).failure, undefined, 'and without the fault all is well')
    t.end()
  })
}
