/** A server and a client over TCP. A stream closes with its socket, whichever goes first. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Model } from 'tendril'

const a = new Model({ id: 'server' })
const server = createServer(socket => { socket.pipe(a.createStream()).pipe(socket) }).listen(0)
await once(server, 'listening')

const b = new Model({ id: 'client' })
const socket = connect((server.address() as AddressInfo).port)
const stream = b.createStream()
stream.on('hello', ({ id }) => { console.log('connected to', id) })
socket.pipe(stream).pipe(socket)

b.watch('greeting', value => { console.log('greeting is', value) })
a.set('greeting', 'hello, world')
await a.replicated()

await b.close()
await a.close()
server.close()
