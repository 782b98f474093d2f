import test from 'tape'
import { simulateQuorum } from '../../lib/sim/quorum-simulate.js'
import { configurationMutants } from './configuration-mutants.js'

for (const { fault, seeds, options, plant } of configurationMutants) {
  test(`caught: ${fault}`, t => {
    const restore = plant()
    let caught: Error | undefined
    let seed = 0
    try {
      while (caught === undefined && seed < seeds) {
        const { failure } = simulateQuorum({ ...options, seed: ++seed })
        // What nobody was answered wrongly by would be a fault as well, but not the one that was planted.
        if (failure !== undefined && !/never purged| wait|settles|differ|took part/.test(failure.message)) caught = failure
      }
    } finally {
      restore()
    }
    t.ok(caught, `by seed ${seed}: ${caught?.message.split('\n')[0]}`)
    t.equal(simulateQuorum({ ...options, seed }).failure, undefined, 'and without the fault all is well')
    t.end()
  })
}
