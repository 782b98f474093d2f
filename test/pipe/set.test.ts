import { connect } from 'node:net'
import test from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { closeAll, listen, stop } from '../support/pairs.js'
import { within } from '../support/waiting.js'
import { reached } from '../set/cluster.js'

// Sets over real connections.

/** The seed's usage block, but for the import and for the members, over net both ways. */
test('the usage block of the seed', async t => {
  const ids = ['one', 'two', 'three', 'four', 'five', 'six']
  const sets = ids.map(id => new ConsistentSet({ id, members: ids, clusterSize: 6 }))
  const [first, ...others] = sets as [ConsistentSet, ...ConsistentSet[]]
  const server = await listen(socket => { socket.pipe(first.createStream()).pipe(socket) })
  for (const set of others) {
    const setStream = set.createStream()
    setStream.pipe(connect(server.port)).pipe(setStream)
  }
  await reached('ready', ...sets)
  const [set, other] = [sets[5], sets[2]] as [ConsistentSet, ConsistentSet]
  const added = new Promise<unknown>(resolve => { set.add('name', resolve) })
  t.equal(await within(added, 'add'), null, 'it worked')
  const again = new Promise<{ code?: string } | null>(resolve => { other.add('name', resolve) })
  t.equal((await within(again, 'add'))?.code, 'ALREADY_PRESENT', 'key already present')
  const removed = new Promise<unknown>(resolve => { set.rem('name', resolve) })
  t.equal(await within(removed, 'rem'), null, 'it worked')
  t.equal(await within(other.has('name'), 'has'), false)
  await closeAll(...sets)
  await stop(server)
})
