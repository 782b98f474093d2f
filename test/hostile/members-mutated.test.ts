import test from 'tape'
import { assault } from './assault.js'
import { maxFrameBytes, MembersTarget, recordMembers } from './members-target.js'

// What a member really says, damaged at random. TENDRIL_SEED makes it another run, TENDRIL_INPUTS a longer one.

const seed = Number(process.env['TENDRIL_SEED'] ?? 1)
const inputs = Number(process.env['TENDRIL_INPUTS'] ?? 3_000)

test(`${inputs} inputs, TENDRIL_SEED=${seed}`, async t => {
  const recordings = [...await recordMembers('msgpack'), ...await recordMembers('ndjson')]
  const target = async (): Promise<MembersTarget> => await new MembersTarget().ready()
  await assault(t, { seed, inputs, recordings, target, maxFrameBytes, checkEvery: 250, replaceEvery: 250 })
})
