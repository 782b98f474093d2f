/** A lock over TCP: who adds the element holds it, and its fence keeps late writers out. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { ConsistentSet } from 'tendril'

const locks = ['a', 'b', 'c'].map(id => new ConsistentSet({ id, clusterSize: 3 }))
const servers: Server[] = []
for (const [i, set] of locks.entries()) {
  const server = createServer(socket => { socket.pipe(set.createStream()).pipe(socket) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  for (const other of locks.slice(0, i)) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.pipe(other.createStream()).pipe(socket)
  }
  servers.push(server)
}

// What is locked takes no write with a fence below the greatest that it has seen.
let greatest = ''
function write (who: string, fence: string): void {
  const isLate = fence < greatest
  if (!isLate) greatest = fence
  console.log(who, isLate ? 'comes too late' : 'writes')
}

const held = await Promise.allSettled(locks.map(set => set.add('printer')))
console.log(held.filter(({ status }) => status === 'fulfilled').length, 'of 3 holds the lock')
const first = await locks[0]!.holder('printer')
write('the first', first!.fence)

// Its holder is taken for gone: somebody else removes it, if nobody else has meanwhile, and takes it.
await locks[1]!.rem('printer', { token: first!.token })
const second = await locks[2]!.add('printer', { timeout: 5_000 })
write('the second', second.fence)
write('the first', first!.fence)
await Promise.all(locks.map(set => set.close()))
for (const server of servers) server.close()
