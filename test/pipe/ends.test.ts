import test from 'tape'
import { connect } from 'node:net'
import { Model } from '../../lib/index.js'
import type { ReplicationStream, StreamOptions } from '../../lib/index.js'
import { reason } from '../support/failures.js'
import { closing, join, listen, memoryPair, stop, tcpPair } from '../support/pairs.js'
import type { Sockets } from '../support/pairs.js'
import { once, turns, within } from '../support/waiting.js'

// Whatever ends first, stream or connection, at either end: both close, at both ends, and nothing is left.

type Wiring = (stream: ReplicationStream, socket: Sockets['client']) => void

const idioms: Record<string, Wiring> = {
  's.pipe(socket).pipe(s)': (stream, socket) => { stream.pipe(socket).pipe(stream) },
  'socket.pipe(s).pipe(socket)': (stream, socket) => { socket.pipe(stream).pipe(socket) }
}

interface Connected extends Sockets {
  readonly a: ReplicationStream
  readonly b: ReplicationStream
  readonly abort: () => void
}

/** What ends it, and the reason that each end may give. */
const endings: Record<string, { act: (connected: Connected) => unknown, a: string[], b: string[] }> = {
  'socket.destroy()': { act: ({ client }) => client.destroy(), a: ['PREMATURE_CLOSE'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'socket.destroy(error)': { act: ({ client }) => client.destroy(new Error('mine')), a: ['mine'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'socket.resetAndDestroy()': { act: ({ client }) => client.resetAndDestroy(), a: ['PREMATURE_CLOSE'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'socket.end()': { act: ({ client }) => client.end(), a: ['PREMATURE_CLOSE'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'other socket.destroy()': { act: ({ server }) => server.destroy(), a: ['PREMATURE_CLOSE', 'ECONNRESET'], b: ['PREMATURE_CLOSE'] },
  'stream.destroy()': { act: ({ a }) => a.destroy(), a: ['nothing'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'stream.destroy(error)': { act: ({ a }) => a.destroy(new Error('mine')), a: ['mine'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'stream.end()': { act: ({ a }) => a.end(), a: ['nothing'], b: ['nothing'] },
  'abort()': { act: ({ abort }) => { abort() }, a: ['ABORTED'], b: ['PREMATURE_CLOSE', 'ECONNRESET'] },
  'garbage in between': { act: ({ client }) => { client.write(Buffer.of(1, 0xc1)) }, a: ['BAD_FRAME'], b: ['BAD_FRAME'] }
}

for (const [idiom, wire] of Object.entries(idioms)) {
  for (const when of ['at once', 'when in sync', 'in the middle of much']) {
    for (const [what, { act, a: atA, b: atB }] of Object.entries(endings)) {
      test(`${idiom}, ${what}, ${when}`, async t => {
        const [modelA, modelB] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
        const amount = when === 'in the middle of much' ? 20_000 : 1
        for (let i = 0; i < amount; i++) {
          modelA.set(`a${i}`, i)
          modelB.set(`b${i}`, i)
        }
        const controller = new AbortController()
        const sockets = await tcpPair()
        const options: StreamOptions = { signal: controller.signal }
        const [a, b] = [modelA.createStream(options), modelB.createStream()]
        wire(a, sockets.client)
        wire(b, sockets.server)
        const closed = Promise.all([a, b, sockets.client, sockets.server].map(closing))
        if (when === 'when in sync') await Promise.all([once(a, 'sync'), once(b, 'sync')])
        if (when === 'in the middle of much') await once(modelA, 'update')
        act({ a, b, ...sockets, abort: () => { controller.abort() } })
        await within(closed, 'all four close')
        if (when === 'when in sync') {
          t.ok(atA.includes(reason(a)), `here: ${reason(a)}`)
          t.ok(atB.includes(reason(b)), `there: ${reason(b)}`)
        }
        t.deepEqual([modelA.stats().streams, modelB.stats().streams], [0, 0])
        await within(Promise.all([modelA.close(), modelB.close()]), 'close')
      })
    }
  }
}

for (const [idiom, wire] of Object.entries(idioms)) {
  test(`${idiom}, connection refused`, async t => {
    const server = await listen(() => {})
    await stop(server)
    const model = new Model()
    const stream = model.createStream()
    const socket = connect(server.port, '127.0.0.1')
    wire(stream, socket)
    await within(Promise.all([closing(stream), closing(socket)]), 'both')
    t.equal(reason(stream), 'ECONNREFUSED')
    t.equal(model.stats().streams, 0)
    await model.close()
  })

  test(`${idiom}, with a stream that is destroyed already`, async t => {
    const model = new Model()
    const { client, server } = await tcpPair()
    server.resume()
    const stream = model.createStream({ signal: AbortSignal.abort() })
    wire(stream, client)
    await within(Promise.all([closing(client), closing(server)]), 'the sockets')
    t.equal(reason(stream), 'ABORTED')
    await model.close()
  })

  test(`${idiom}, with a socket that is destroyed already`, async t => {
    const model = new Model()
    const { client, server } = await tcpPair()
    const closed = Promise.all([closing(client), closing(server)])
    server.resume()
    client.destroy()
    await within(closed, 'the sockets')
    const stream = model.createStream()
    wire(stream, client)
    await within(closing(stream), 'the stream')
    t.equal(reason(stream), 'PREMATURE_CLOSE')
    await model.close()
  })

  test(`${idiom}, over a duplex that is no socket`, async t => {
    const [one, two] = memoryPair()
    const [modelA, modelB] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
    const [a, b] = [modelA.createStream(), modelB.createStream()]
    wire(a, one as Sockets['client'])
    wire(b, two as Sockets['client'])
    await Promise.all([once(a, 'sync'), once(b, 'sync')])
    const closed = Promise.all([a, b, one, two].map(closing))
    a.end()
    await within(closed, 'all four close')
    t.deepEqual([reason(a), reason(b)], ['nothing', 'nothing'])
    await Promise.all([modelA.close(), modelB.close()])
  })
}

for (const which of ['a', 'b'] as const) {
  for (const when of ['at once', 'when in sync']) {
    test(`a.pipe(b).pipe(a) without anything between, ${which}.destroy(), ${when}: the other one has a reason too`, async t => {
      const [modelA, modelB] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
      for (const error of [undefined, new Error('mine')]) {
        const pair = join(modelA, modelB)
        const other = which === 'a' ? pair.b : pair.a
        if (when === 'when in sync') await Promise.all([once(pair.a, 'sync'), once(pair.b, 'sync')])
        const closed = Promise.all([closing(pair.a), closing(pair.b)])
        pair[which].destroy(error)
        await within(closed, 'both')
        t.deepEqual([reason(pair[which]), reason(other)], [error?.message ?? 'nothing', 'PREMATURE_CLOSE'])
      }
      await Promise.all([modelA.close(), modelB.close()])
    })
  }
}

test('a peer that holds its half of the connection open after both said goodbye', async t => {
  const model = new Model({ id: 'a' })
  const { client, server } = await tcpPair()
  const stream = model.createStream({ codec: 'ndjson', tail: false })
  stream.pipe(client).pipe(stream)
  server.allowHalfOpen = true
  server.resume()
  const hello = { tendril: 1, id: 'b', codec: 'ndjson', instance: 'i'.repeat(24), nonce: 'n'.repeat(24), channels: [] }
  server.write(`${JSON.stringify(hello)}\n[0,2,null,""]\n`)
  await within(Promise.all([closing(stream), closing(client)]), 'both')
  t.equal(reason(stream), 'nothing')
  server.destroy()
  await turns()
  await model.close()
})
