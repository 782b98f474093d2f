import test from 'tape'
import { assault } from './assault.js'
import { record } from './recording.js'
import { maxFrameBytes, Target } from './target.js'

// What a model really says, damaged at random. TENDRIL_SEED makes it another run, TENDRIL_INPUTS a longer one.

const seed = Number(process.env['TENDRIL_SEED'] ?? 1)
const inputs = Number(process.env['TENDRIL_INPUTS'] ?? 10_000)

test(`${inputs} inputs, TENDRIL_SEED=${seed}`, async t => {
  const recordings = [...await record('msgpack'), ...await record('ndjson')]
  const target = async (): Promise<Target> => new Target()
  await assault(t, { seed, inputs, recordings, target, maxFrameBytes, checkEvery: 100, replaceEvery: 500 })
})
