/** The same over TLS, with a secret beside: who does not know it is refused, whatever certificate it has. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { Model } from 'tendril'
import type { TendrilError } from 'tendril'

// One line makes both, in the folder that this program is given (or else here): openssl req -x509 -nodes -days 365
// -newkey rsa:2048 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem
const [key, cert] = ['key.pem', 'cert.pem'].map(name => readFileSync(join(process.argv[2] ?? '.', name)))
const a = new Model({ id: 'server', secret: 'correct horse' })
const server = createServer({ key, cert }, socket => { socket.pipe(a.createStream()).pipe(socket) }).listen(0)
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const b = new Model({ id: 'client', secret: 'correct horse' })
const socket = connect({ port, ca: cert, servername: 'localhost' })
socket.pipe(b.createStream()).pipe(socket)

a.set('motd', 'only for friends')
await a.replicated()
console.log(socket.getProtocol(), 'client holds', JSON.stringify(b))

const stranger = new Model({ id: 'stranger', secret: 'battery staple' })
const other = connect({ port, ca: cert, servername: 'localhost' })
const stream = stranger.createStream()
other.pipe(stream).pipe(other)
const [error] = await once(stream, 'error') as [TendrilError]
console.log('a stranger is refused:', error.code, 'and holds', JSON.stringify(stranger))

await Promise.all([a.close(), b.close(), stranger.close()])
server.close()
