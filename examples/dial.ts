/** When the middle is lost: two members who knew each other through a hub alone dial each other. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Membership } from 'tendril'
import type { ReplicationStream } from 'tendril'

const start = async (id: string) => {
  const streams = new Map<string, ReplicationStream>() // by the member at the other end
  const use = (socket: Socket): void => {
    const stream = members.createStream()
    stream.on('hello', peer => { streams.set(peer.id, stream) })
    socket.pipe(stream).pipe(socket)
  }
  const dial = (address: string): void => { use(connect(Number(new URL(address).port), '127.0.0.1')) }
  const server = createServer(use).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` // told to the others, who may dial it
  const members = new Membership({ id, address, dial })
  members.on('error', error => { console.log(id, 'has to stop:', error.message) })
  members.on('dead', member => { streams.get(member.id)?.destroy() }) // a connection that only hangs is let go
  return { members, server, streams, dial, address }
}
const [hub, ada, bob] = [await start('hub'), await start('ada'), await start('bob')]
const all = [hub, ada, bob]
const here = (): string => ada.members.alive().map(({ id }) => id).sort().join(', ')
for (const { dial } of [ada, bob]) dial(hub.address)
while (bob.members.alive().length < 3 || ada.members.alive().length < 3) await Promise.race(all.map(({ members }) => once(members, 'join')))
console.log('ada sees', here(), 'over', [...ada.streams.keys()].join(', '))

hub.server.close()
await Promise.all([once(ada.members, 'dead'), once(bob.members, 'dead'), hub.members.close()])
console.log('ada sees', here(), 'over', [...ada.streams.keys()].join(', '))
for (const { server } of [ada, bob]) server.close()
await Promise.all([ada, bob].map(({ members }) => members.close()))
