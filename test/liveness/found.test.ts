/** What the simulations of membership have found, each reduced to the steps that show it. */
import test from 'tape'
import { Gossip } from '../../lib/gossip/gossip.js'
import type { StoredRecord } from '../../lib/core.js'
import { Members } from '../../lib/liveness/members.js'

const birth = 1_800_000_000_000
const times = { heartbeatMs: 1_000, phiThreshold: 8, suspectMs: 2_400, retentionMs: 1e9 }
/** Numbers of which none comes twice. */
let drawn = 0
const random = (): number => (++drawn * 0.618) % 1

const gossipOptions = { id: 'a', maxKeyBytes: 99, maxValueBytes: 999, acceptedSkewMs: 60_000, deletesKept: 9, durable: false, random }

/** A start with what storage holds, and what it holds then. */
function started (records: readonly StoredRecord[], wall: number): { core: Members, kept: StoredRecord[] } {
  const now = { monotonic: wall - birth, wall }
  const core = new Members({ ...gossipOptions, ...times, persistent: true, address: undefined, facts: new Map([['start', 1]]) }, now)
  const kept = new Map(records.map(record => [record.key, record]))
  for (const { key, value } of core.restore(records, now).changes) {
    if (value === undefined) kept.delete(key)
    else kept.set(key, { key, value })
  }
  return { core, kept: [...kept.values()] }
}

test('what is said before storage was read leaves no records of a life that never was', t => {
  let { core, kept } = started([], birth)
  for (let i = 1; i <= 3; i++) ({ core, kept } = started(kept, birth + i * 1_000))
  core.check()
  const lives = new Set(kept.flatMap(({ key, value }) => key.startsWith('s') ? [value[0]] : []))
  t.ok(lives.has(`a@${core.epoch}`))
  t.equal(lives.size, 4, 'one for each start')
  t.end()
})

test('the size counts keys, where a later life of the own id stands beside the own one and is outlived in turn', t => {
  const now = { monotonic: 0, wall: birth }
  const core = new Gossip({ ...gossipOptions, maxContext: 0, contextRoom: 0, retentionMs: 1e9, persistent: false, onLife: () => {} }, now)
  core.set('k', 1, undefined, now)
  core.open(1, { id: 'b', epoch: '0', sends: true, receives: true }, now)
  for (const [i, epoch] of ['zzzzzzzzz00000001', 'zzzzzzzzz00000002'].entries()) {
    core.receive(1, [5, i + 1, [`a@${epoch}`], 0, [['k', 0, 1, 0, 2]]], now)
    core.check()
  }
  t.equal(core.replica.size, 1)
  t.end()
})
