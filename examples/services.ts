/** A registry of services over TCP: each says where it listens and what it does, and anyone finds it. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Membership } from 'tendril'

const hub = new Membership({ id: 'hub' })
hub.on('error', error => { console.log('hub has to stop:', error.message) })
const server = createServer(socket => { socket.pipe(hub.createStream()).pipe(socket) }).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const start = async (id: string, address: string, facts: Record<string, unknown>): Promise<Membership> => {
  const members = new Membership({ id, address, facts })
  members.on('error', error => { console.log(id, 'has to stop:', error.message) })
  const socket = connect(port, '127.0.0.1')
  socket.pipe(members.createStream()).pipe(socket)
  await once(members, 'join')
  return members
}
const web = await start('web', 'tcp://10.0.0.1:80', { service: 'web' })
const one = await start('users-1', 'tcp://10.0.0.2:8000', { service: 'users', version: 1 })
const two = await start('users-2', 'tcp://10.0.0.3:8000', { service: 'users', version: 1 })

const find = (service: string): string => web.find('service', service)
  .filter(({ status }) => status === 'alive').map(({ id, address }) => `${id} at ${address ?? '?'}`).sort().join(', ')
while (web.alive().length < 4) await once(web, 'join')
console.log(find('users'))

const draining = once(web, 'update')
two.set('draining', true)
await draining
console.log('draining:', web.find('draining', true).map(({ id }) => id).join())

const left = once(web, 'leave')
await two.leave()
await left
console.log(find('users'))
await Promise.all([hub, web, one, two].map(members => members.close()))
server.close()
