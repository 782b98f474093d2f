import { getEventListeners } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Model } from '../../lib/index.js'
import type { ReplicationStream } from '../../lib/index.js'
import { closing } from '../support/pairs.js'
import { once, turns, within } from '../support/waiting.js'

// Run by leaks.test.ts with --expose-gc: makes connections that end in every way there is, and reports what is left.

const [, , idiom, count] = process.argv
const cycles = Number(count)
const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('run it with --expose-gc')

const [client, server] = [new Model({ id: 'client' }), new Model({ id: 'server' })]
for (let i = 0; i < 100; i++) client.set(`k${i}`, i)
const controller = new AbortController()
let kept = 0
const registry = new FinalizationRegistry(() => { kept-- })

function wire (stream: ReplicationStream, socket: Socket): void {
  if (idiom === 's.pipe(socket).pipe(s)') stream.pipe(socket).pipe(stream)
  else socket.pipe(stream).pipe(socket)
}

let accepted: Array<Promise<unknown>> = []
const listener = createServer(socket => {
  const stream = server.createStream({ signal: controller.signal })
  wire(stream, socket)
  accepted.push(closing(stream), closing(socket))
})
listener.listen(0, '127.0.0.1')
await once(listener, 'listening')
const { port } = listener.address() as AddressInfo

const endings: Array<(stream: ReplicationStream, socket: Socket) => void> = [
  stream => { stream.destroy() },
  stream => { stream.destroy(new Error('mine')) },
  stream => { stream.end() },
  (_stream, socket) => { socket.destroy() },
  (_stream, socket) => { socket.destroy(new Error('mine')) },
  (_stream, socket) => { socket.resetAndDestroy() },
  (_stream, socket) => { socket.end() },
  (_stream, socket) => { socket.write(Buffer.of(1, 0xc1)) }
]

/** One connection: refused, ended at once, or ended when it is in sync. */
async function cycle (i: number): Promise<void> {
  accepted = []
  const own = new AbortController()
  const isRefused = i % 10 === 9
  const stream = client.createStream(i % 3 === 0 ? { signal: own.signal } : { signal: controller.signal, tail: i % 7 !== 0 })
  kept++
  registry.register(stream, i)
  const socket = connect(isRefused ? refusedPort : port, '127.0.0.1')
  const closed = Promise.all([closing(stream), closing(socket)])
  wire(stream, socket)
  if (!isRefused) {
    await once(...(i % 2 === 0 ? [stream, 'sync'] : [socket, 'connect']) as [object, string])
    if (i % 24 === 0) own.abort()
    endings[i % endings.length]?.(stream, socket)
  }
  await within(closed, `connection ${i}`)
  await within(Promise.all(accepted), `the other end of connection ${i}`)
}

const refused = createServer()
refused.listen(0, '127.0.0.1')
await once(refused, 'listening')
const refusedPort = (refused.address() as AddressInfo).port
refused.close()
await once(refused, 'close')

async function heap (): Promise<number> {
  for (let i = 0; i < 5; i++) {
    collect?.()
    await turns(3)
  }
  return process.memoryUsage().heapUsed
}

const warmUp = 300
for (let i = 0; i < warmUp; i++) await cycle(i)
const before = await heap()
const handles = process.getActiveResourcesInfo().sort()
for (let i = 0; i < cycles; i++) await cycle(i)
const heapGrowth = await heap() - before
const left = process.getActiveResourcesInfo().sort()
for (const handle of handles) if (left.includes(handle)) left.splice(left.indexOf(handle), 1)

const streams = [client.stats().streams, server.stats().streams]
const listeners = getEventListeners(controller.signal, 'abort').length +
  [client, server].flatMap(model => model.eventNames()).length
listener.close()
await Promise.all([client.close(), server.close()])
console.log(JSON.stringify({ cycles, streams, handles: left, listeners, heapGrowth, kept }))
