import { createServer, connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Model, ReplicationStream, StreamOptions } from '../../lib/index.js'
import { once, until, within } from './waiting.js'

/** Anything that makes streams: a model, a bundle. */
export interface Streaming {
  createStream: (options?: StreamOptions) => ReplicationStream
}

/** Two streams, each piped into the other. */
export interface Pair {
  readonly a: ReplicationStream
  readonly b: ReplicationStream
}

/** Joins two structures: in memory, or over the sockets. */
export function join (a: Streaming, b: Streaming, optionsA?: StreamOptions, optionsB?: StreamOptions, sockets?: Sockets): Pair {
  const pair = { a: a.createStream(optionsA), b: b.createStream(optionsB) }
  if (sockets === undefined) {
    pair.a.pipe(pair.b).pipe(pair.a)
  } else {
    pair.a.pipe(sockets.client).pipe(pair.a)
    sockets.server.pipe(pair.b).pipe(sockets.server)
  }
  return pair
}

/** Joins two structures and waits until both hold what the other had. */
export async function meet (a: Streaming, b: Streaming, optionsA?: StreamOptions, optionsB?: StreamOptions): Promise<Pair> {
  const pair = join(a, b, optionsA, optionsB)
  await Promise.all([once(pair.a, 'sync'), once(pair.b, 'sync')])
  return pair
}

/** Ends a connection and waits until both of its ends have closed. */
export async function part ({ a, b }: Pair): Promise<void> {
  const closed = Promise.all([closing(a), closing(b)])
  a.destroy()
  await closed
}

/** Resolves once a stream has closed, also if it has already. */
export async function closing (stream: { closed?: boolean } & object): Promise<void> {
  if (stream.closed !== true) await once(stream, 'close')
}

/** Resolves once all models hold the same. */
export async function convergence (...models: Model[]): Promise<void> {
  const same = (): boolean => {
    const [first, ...rest] = models.map(model => JSON.stringify(Object.entries(model.digest()).sort()))
    return rest.every(other => other === first)
  }
  // Digests move without an event of their own, when a peer closes a mark: each turn of the event loop may have moved one.
  await within((async () => {
    while (!same()) await new Promise<void>(resolve => { setImmediate(resolve) })
  })(), 'convergence')
}

/** Closes models; their connections end with them. */
export async function closeAll (...models: Array<{ close: () => Promise<void> }>): Promise<void> {
  await within(Promise.all(models.map(model => model.close())), 'closing')
}

/** A server on a port that is drawn. */
export async function listen (onSocket: (socket: Socket) => void): Promise<Server & { port: number }> {
  const server = createServer(onSocket)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

export async function stop (server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await closed
}

/** Both ends of a TCP connection. */
export interface Sockets {
  readonly client: Socket
  readonly server: Socket
}

/** Both ends of a TCP connection over loopback; the server behind it is closed already. */
export async function tcpPair (): Promise<Sockets> {
  let accepted: Socket | undefined
  const server = await listen(socket => {
    accepted = socket
    server.close()
  })
  const closed = once(server, 'connection')
  const client = connect(server.port, '127.0.0.1')
  await Promise.all([once(client, 'connect'), closed, until(() => accepted !== undefined, [server], ['connection'])])
  if (accepted === undefined) throw new Error('nobody was accepted')
  return { client, server: accepted }
}

/** Joins two structures over TCP. */
export async function joinTcp (a: Streaming, b: Streaming, optionsA?: StreamOptions, optionsB?: StreamOptions): Promise<Pair & Sockets> {
  const sockets = await tcpPair()
  return { ...join(a, b, optionsA, optionsB, sockets), ...sockets }
}

/** Two native duplexes, each of which gives out what the other is given. */
export function memoryPair (highWaterMark = 65_536): [Duplex, Duplex] {
  const ends: Duplex[] = []
  const waiting: Array<(() => void) | undefined> = [undefined, undefined]
  for (const i of [0, 1]) {
    ends.push(new Duplex({
      highWaterMark,
      read () {
        const taken = waiting[i]
        waiting[i] = undefined
        taken?.()
      },
      write (chunk: Buffer, _encoding, done) {
        if (ends[1 - i]?.push(chunk) === false) waiting[1 - i] = done
        else done()
      },
      final (done) {
        ends[1 - i]?.push(null)
        done()
      },
      destroy (error, done) {
        const other = ends[1 - i]
        if (other !== undefined && !other.destroyed) process.nextTick(() => { other.destroy() })
        done(error)
      }
    }))
  }
  const [one, two] = ends
  if (one === undefined || two === undefined) throw new Error('two ends were made')
  return [one, two]
}
