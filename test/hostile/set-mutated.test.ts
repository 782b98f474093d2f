import test from 'tape'
import { assault } from './assault.js'
import { maxFrameBytes, recordSet, SetTarget } from './set-target.js'

// What a member of a set really says, damaged at random. TENDRIL_SEED makes it another run, TENDRIL_INPUTS a longer one.

const seed = Number(process.env['TENDRIL_SEED'] ?? 1)
const inputs = Number(process.env['TENDRIL_INPUTS'] ?? 1_500)

for (const [what, isGrave, count] of [['of elements', false, inputs], ['of elements and of who the members are', true, inputs / 3]] as const) {
  test(`${count} inputs, TENDRIL_SEED=${seed}, what is said ${what}`, async t => {
    const recordings = [...await recordSet('msgpack', isGrave), ...await recordSet('ndjson', isGrave)]
    const target = async (): Promise<SetTarget> => await new SetTarget(isGrave).ready()
    await assault(t, { seed, inputs: count, recordings, target, maxFrameBytes, checkEvery: 50, replaceEvery: isGrave ? 50 : 500 })
  })
}
