/** Staying connected: dial again when a connection ends, later each time, unless dialling again can't help. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Model } from 'tendril'

const hopeless = new Set(['CLUSTER_MISMATCH', 'AUTH_FAILED', 'VERSION_UNSUPPORTED', 'SELF_CONNECTION', 'DUPLICATE_ID', 'EVICTED', 'CLOSED'])

/** `tries` have failed since both were last in sync. Once `signal` is aborted it dials no more. */
function dial (model: Model, port: number, signal: AbortSignal, tries = 0): void {
  if (signal.aborted) return
  const socket = connect(port)
  const stream = model.createStream() // a fresh one for each connection
  socket.pipe(stream).pipe(socket)
  stream.on('error', error => { console.log(model.id, 'lost its connection:', error.code) })
  stream.on('sync', () => { tries = 0 })
  stream.on('close', () => {
    if (hopeless.has(stream.errored?.code ?? '')) return
    setTimeout(dial, Math.random() * Math.min(30_000, 100 * 2 ** tries), model, port, signal, tries + 1)
  })
}

const [client, stranger] = [new Model({ id: 'client' }), new Model({ id: 'stranger', cluster: 'another' })]
const done = new AbortController()
let port = 0
for (const round of [1, 2]) {
  const model = new Model({ id: 'server' })
  const server = createServer(socket => { socket.pipe(model.createStream()).pipe(socket) }).listen(port)
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  if (round === 1) [client, stranger].forEach(each => { dial(each, port, done.signal) })
  model.set('round', round)
  await model.replicated()
  console.log('client holds', JSON.stringify(client))
  if (round === 2) done.abort()
  server.close()
  await model.close()
}
await Promise.all([client.close(), stranger.close()])
