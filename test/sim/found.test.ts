/** What the simulator has found, each reduced to the steps that show it. */
import test from 'tape'
import { Gossip } from '../../lib/gossip/gossip.js'
import { Disk, SimNode, World } from '../../lib/sim/index.js'
import type { NodeObserver } from '../../lib/sim/index.js'

const right = 1_800_000_000_000
const ahead = { monotonic: 0, wall: right + 3_600_000 }
const stepped = { monotonic: 1, wall: right }
const peer = { id: 'b', epoch: 'x', sends: true, receives: true }

function gossip (persistent = false): Gossip {
  return new Gossip({
    id: 'a',
    random: () => 0.5,
    maxKeyBytes: 99,
    maxValueBytes: 999,
    acceptedSkewMs: 60_000,
    maxContext: 9,
    contextRoom: 99,
    retentionMs: 1e9,
    deletesKept: 9,
    persistent,
    durable: false
  }, ahead)
}

/** A node that wrote while its clock was an hour ahead, and has an idle link. */
function idle (): Gossip {
  const core = gossip()
  core.set('k', 1, undefined, ahead)
  core.open(1, peer, ahead)
  let message: unknown
  do message = core.pull(1, 10_000, ahead)
  while (message !== undefined)
  return core
}

test('a clock that stepped back while the node was down is noticed as well', t => {
  const before = gossip(true)
  before.restore([], ahead)
  const written = [...before.set('k', 1, undefined, ahead).effects?.changes ?? [], ...before.seal().changes]
  const after = gossip(true)
  after.restore(written.flatMap(({ key, value }) => value === undefined ? [] : [{ key, value }]), stepped)
  after.open(1, peer, stepped)
  t.ok((after.replica.get('k')?.stamp ?? 0) < (before.replica.get('k')?.stamp ?? 0), 'the entry was written anew')
  t.end()
})

test('what is written anew when a link opens is told to the others', t => {
  t.deepEqual(idle().open(2, { ...peer, id: 'c' }, stepped).wake, [1, 2])
  t.end()
})

test('what changes nothing writes nothing anew', t => {
  const core = idle()
  t.equal(core.set('k', 1, undefined, stepped).effects, undefined)
  t.equal(core.delete('nothing', stepped), undefined)
  t.equal(core.replica.own.version, 1)
  t.deepEqual(core.set('k', 2, undefined, stepped).effects?.wake, [1])
  t.end()
})

test('a loss of power does not bring back a state that was marked as whole', t => {
  const world = new World({ seed: 1 })
  const disk = new Disk(world)
  const observer: NodeObserver = { onStart: () => {}, onEntry: () => {}, onWrite: () => 0, onFailure: () => {} }
  const node = new SimNode({ id: 'a', world, random: world.random.fork(), disk, durable: false, deletesKept: 9, maxContext: 9, retentionMs: 1e9, observer })
  const settle = (): void => { while (!world.isQuiet) world.step() }
  node.start()
  settle()
  node.set('k', 1)
  settle()
  node.stop(done => { done() })
  settle()
  t.equal(node.phase, 'down')
  node.start()
  settle()
  const { epoch } = node.gossip ?? {}
  node.set('k', 2)
  settle()
  node.crash('power')
  node.start()
  settle()
  t.notEqual(node.gossip?.epoch, epoch, 'another epoch, although all that was not synced may be gone')
  t.end()
})
