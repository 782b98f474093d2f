import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { ClassicLevel } from 'classic-level'
import { ConsistentSet } from 'tendril'

/** @returns {Promise<import('../harness/member.js').Member>} */
export async function create ({ id, ports, folder }) {
  const members = Object.keys(ports)
  const storage = new ClassicLevel(folder)
  const set = new ConsistentSet({ id, members, storage })
  const take = socket => {
    socket.setNoDelay(true)
    socket.pipe(set.createStream()).pipe(socket)
  }
  const server = createServer(take).listen(ports[id][0], '127.0.0.1')
  await once(server, 'listening')
  for (const other of members.slice(members.indexOf(id) + 1)) dial(ports[other][0])

  function dial (port) {
    const socket = connect(port, '127.0.0.1')
    take(socket)
    socket.on('close', () => { setTimeout(() => { dial(port) }, 50).unref() })
  }

  return {
    ready: set.state === 'ready' ? Promise.resolve() : once(set, 'ready'),
    add: element => set.add(element).then(() => true, error => {
      if (error.code === 'ALREADY_PRESENT') return false
      throw error
    }),
    remove: element => set.rem(element),
    has: element => set.has(element),
    pid: process.pid,
    leads: async () => false,
    stop: async () => {
      server.close()
      await set.close()
    }
  }
}
