/** Unique names over TCP, agreed on by three members with their state on disk; a fourth node takes the place of one that is lost. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { ConsistentSet } from 'tendril'

const folder = await mkdtemp(join(tmpdir(), 'tendril-names-'))
const servers: Array<{ server: Server, set: ConsistentSet }> = []
async function start (id: string): Promise<ConsistentSet> {
  const set = new ConsistentSet({ id, clusterSize: 3, storage: new ClassicLevel(join(folder, id)) })
  set.on('error', error => { console.log(id, error.code) })
  for (const { server } of servers) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.pipe(set.createStream()).pipe(socket)
  }
  const server = createServer(socket => { socket.pipe(set.createStream()).pipe(socket) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push({ server, set })
  return set
}

const [a, b, c] = [await start('a'), await start('b'), await start('c')]
const said = await Promise.allSettled([a, b, c].map(set => set.add('ada')))
console.log(said.filter(({ status }) => status === 'fulfilled').length, 'got the name')
await c.close()
console.log('without c:', await b.has('ada'))
await once(await start('d'), 'error')
console.log('with d:', (await a.replace('c', 'd')).join())
await Promise.all(servers.map(({ set }) => set.close()))
for (const { server } of servers) server.close()
await rm(folder, { recursive: true })
