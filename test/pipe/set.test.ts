import { connect } from 'node:net'
import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { closeAll, listen, stop } from '../support/pairs.js'
import { within } from '../support/waiting.js'

// Sets over real connections.

/** The seed's usage block, as it stands there but for the import, at each of six nodes. */
test('the usage block of the seed', async t => {
  const hub = new ConsistentSet()
  hub.clusterSize(6)
  const server = await listen(socket => { socket.pipe(hub.createStream()).pipe(socket) })
  const others = Array.from({ length: 5 }, () => {
    const set = new ConsistentSet()
    set.clusterSize(6)
    const setStream = set.createStream()
    setStream.pipe(connect(server.port)).pipe(setStream)
    return set
  })
  const [set, other] = others as [ConsistentSet, ConsistentSet]
  const added = new Promise<unknown>(resolve => { set.add('name', resolve) })
  t.equal(await within(added, 'add'), null, 'it worked')
  const again = new Promise<{ code?: string } | null>(resolve => { other.add('name', resolve) })
  t.equal((await within(again, 'add'))?.code, 'ALREADY_PRESENT', 'key already present')
  const removed = new Promise<unknown>(resolve => { set.rem('name', resolve) })
  t.equal(await within(removed, 'rem'), null, 'it worked')
  t.equal(await within(other.has('name'), 'has'), false)
  t.deepEqual([hub.status().members.length, hub.state], [6, 'ready'])
  await closeAll(hub, ...others)
  await stop(server)
})
