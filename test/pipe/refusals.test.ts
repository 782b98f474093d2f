import test from 'tape'
import { connect } from 'node:net'
import { Model } from '../../lib/index.js'
import type { ModelOptions, ReplicationStream, StreamOptions } from '../../lib/index.js'
import { TestClock } from '../support/clock.js'
import { code, reason } from '../support/failures.js'
import { closeAll, closing, join, joinTcp, listen, meet, stop, tcpPair } from '../support/pairs.js'
import { once, within } from '../support/waiting.js'

// Why a connection was refused is seen at both ends, over TCP and in memory.

async function refusal (options: ModelOptions, others: ModelOptions): Promise<string[][]> {
  const outcomes: string[][] = []
  for (const way of [joinTcp, join]) {
    const [a, b] = [new Model({ id: 'a', ...options }), new Model({ id: 'b', ...others })]
    a.set('k', 'secret')
    b.set('l', 'secret')
    const { a: one, b: two } = await way(a, b)
    await within(Promise.all([closing(one), closing(two)]), 'both ends')
    outcomes.push([reason(one), reason(two)])
    if (a.size + b.size !== 2) throw new Error('something was replicated')
    if (a.stats().streams + b.stats().streams !== 0) throw new Error('a stream is still counted')
    await closeAll(a, b)
  }
  return outcomes
}

const everywhere = (code: string): string[][] => [[code, code], [code, code]]

test('CLUSTER_MISMATCH', async t => {
  t.deepEqual(await refusal({ cluster: 'one' }, { cluster: 'two' }), everywhere('CLUSTER_MISMATCH'))
  t.deepEqual(await refusal({ cluster: 'one' }, {}), everywhere('CLUSTER_MISMATCH'))
  t.deepEqual(await refusal({ cluster: 'one', secret: 'x' }, { cluster: 'two', secret: 'x' }), everywhere('CLUSTER_MISMATCH'))
})

test('AUTH_FAILED', async t => {
  t.deepEqual(await refusal({ secret: 'right' }, { secret: 'wrong' }), everywhere('AUTH_FAILED'))
  t.deepEqual(await refusal({ secret: 'right' }, {}), everywhere('AUTH_FAILED'))
  t.deepEqual(await refusal({}, { secret: 'right' }), everywhere('AUTH_FAILED'))
})

test('DUPLICATE_ID', async t => {
  t.deepEqual(await refusal({ id: 'same' }, { id: 'same' }), everywhere('DUPLICATE_ID'))
  t.deepEqual(await refusal({ id: 'same', secret: 's' }, { id: 'same', secret: 's' }), everywhere('DUPLICATE_ID'))
  t.deepEqual(await refusal({ id: 'same', secret: 's' }, { id: 'same', secret: 't' }), everywhere('AUTH_FAILED'), 'a stranger with our id is a stranger')
})

test('the same secret, as text or bytes, is no reason to refuse', async t => {
  const [a, b] = [new Model({ id: 'a', secret: 'ü secret' }), new Model({ id: 'b', secret: Buffer.from('ü secret') })]
  a.set('k', 1)
  await meet(a, b)
  t.equal(b.get('k'), 1)
  await closeAll(a, b)
})

test('SELF_CONNECTION', async t => {
  for (const way of [joinTcp, join]) {
    const a = new Model({ id: 'a' })
    const { a: one, b: two } = await way(a, a)
    await within(Promise.all([closing(one), closing(two)]), 'both ends')
    t.deepEqual([reason(one), reason(two)], ['SELF_CONNECTION', 'SELF_CONNECTION'])
    await a.close()
  }
})

test('a stream piped into itself', async t => {
  const a = new Model({ id: 'a' })
  const stream = a.createStream()
  stream.pipe(stream)
  await closing(stream)
  t.equal(reason(stream), 'SELF_CONNECTION')
  await a.close()
})

/** A stream whose peer says `bytes`, over TCP. */
async function facing (options: StreamOptions, bytes: string): Promise<{ model: Model, stream: ReplicationStream, answer: string }> {
  const model = new Model({ id: 'a' })
  const { client, server } = await tcpPair()
  const stream = model.createStream(options)
  server.pipe(stream).pipe(server)
  let answer = ''
  client.setEncoding('utf8').on('data', (text: string) => { answer += text }).on('error', () => {})
  client.write(bytes)
  await within(Promise.all([closing(stream), closing(client), closing(server)]), 'all close')
  return { model, stream, answer }
}

test('VERSION_UNSUPPORTED: the other end learns which one is spoken here', async t => {
  const { model, stream, answer } = await facing({}, '{"tendril":2,"id":"b"}\n')
  t.equal(reason(stream), 'VERSION_UNSUPPORTED')
  t.match(answer, /^\{"tendril":1,/)
  await model.close()
})

test('BAD_FRAME and FRAME_TOO_LARGE after the hello: the other end is told', async t => {
  for (const [bytes, expected] of [['[0,77]\n', 'BAD_FRAME'], ['x\n', 'BAD_FRAME'], ['x'.repeat(3_000_000), 'FRAME_TOO_LARGE']] as const) {
    const hello = { tendril: 1, id: 'b', codec: 'ndjson', instance: 'i'.repeat(24), nonce: 'n'.repeat(24), channels: [] }
    const { model, stream, answer } = await facing({ codec: 'ndjson' }, `${JSON.stringify(hello)}\n${bytes}`)
    t.equal(reason(stream), expected)
    const goodbye: unknown = JSON.parse(answer.trim().split('\n').at(-1) ?? '')
    t.deepEqual((goodbye as unknown[]).slice(0, 3), [0, 2, expected])
    await model.close()
  }
})

test('PREMATURE_CLOSE: the other end leaves without a word', async t => {
  for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
    const model = new Model({ id: 'a' })
    const { client, server } = await tcpPair()
    const stream = model.createStream()
    server.pipe(stream).pipe(server)
    client.on('error', () => {}).resume()
    client[how]()
    await within(Promise.all([closing(stream), closing(server)]), 'close')
    t.ok(['PREMATURE_CLOSE', 'ECONNRESET'].includes(reason(stream)), `${how}: ${reason(stream)}`)
    await model.close()
  }
})

test('PREMATURE_CLOSE: no hello comes in time', async t => {
  const clock = new TestClock()
  const model = new Model({ id: 'a', clock })
  const { client, server } = await tcpPair()
  const stream = model.createStream()
  server.pipe(stream).pipe(server)
  client.on('error', () => {})
  const hello = once(client, 'data')
  client.write('{"tendril":1')
  await hello
  clock.advance(9_999)
  t.equal(stream.destroyed, false)
  clock.advance(1)
  await within(Promise.all([closing(stream), closing(client), closing(server)]), 'close')
  t.equal(reason(stream), 'PREMATURE_CLOSE')
  t.equal(clock.pending, 0)
  await model.close()
})

test('STREAM_REUSED: one stream for two connections', async t => {
  const model = new Model({ id: 'a' })
  const stream = model.createStream()
  const sockets = []
  const server = await listen(socket => { socket.on('error', () => {}).pipe(stream).pipe(socket) })
  for (let i = 0; i < 2; i++) {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {})
    socket.resume()
    sockets.push(socket)
    await once(socket, i === 0 ? 'data' : 'connect')
  }
  await within(Promise.all([closing(stream), ...sockets.map(closing)]), 'all close')
  t.equal(reason(stream), 'STREAM_REUSED')
  await stop(server)
  await model.close()
})

test('TOO_MANY_STREAMS', async t => {
  const [a, b] = [new Model({ id: 'a', maxStreams: 2 }), new Model({ id: 'b' })]
  const first = await meet(a, b)
  const second = await meet(a, new Model({ id: 'c' }))
  const { a: one, b: two, client, server } = await joinTcp(a, new Model({ id: 'd' }))
  await within(Promise.all([one, two, client, server].map(closing)), 'all close')
  t.equal(reason(one), 'TOO_MANY_STREAMS')
  t.ok(['PREMATURE_CLOSE', 'ECONNRESET'].includes(reason(two)), reason(two))
  t.deepEqual([first.a.destroyed, second.a.destroyed], [false, false])
  const closed = closing(first.a)
  first.b.destroy()
  await closed
  await meet(a, new Model({ id: 'e' }))
  t.equal(a.stats().streams, 2, 'a place was free again')
  await closeAll(a, b)
})

test("a stream nobody listens to for 'error' closes instead of throwing", async t => {
  const model = new Model({ id: 'a' })
  const stream = model.createStream()
  stream.write('garbage')
  await closing(stream)
  t.equal(reason(stream), 'BAD_FRAME')
  await model.close()
})

test("one that listens hears of it on 'error', once", async t => {
  const model = new Model({ id: 'a' })
  const stream = model.createStream()
  const errors: unknown[] = []
  stream.on('error', (error: unknown) => errors.push(error))
  stream.write('garbage')
  await closing(stream)
  t.deepEqual(errors.map(code), ['BAD_FRAME'])
  await model.close()
})
