import test from 'tape'
import { once as nativeOnce } from 'node:events'
import { connect } from 'node:net'
import { pipeline as nativePipeline } from 'node:stream'
import { pipeline as promised } from 'node:stream/promises'
import { constants, createGunzip, createGzip } from 'node:zlib'
import pump from 'pump'
import { pipeline as readablePipeline } from 'readable-stream'
import through2 from 'through2'
import { Model } from '../../lib/index.js'
import { reason } from '../support/failures.js'
import { closeAll, closing, convergence, listen, stop, tcpPair } from '../support/pairs.js'
import { once, until, within } from '../support/waiting.js'

// A stream is a stream: it goes through whatever other streams go through.

function pair (): [Model, Model] {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  for (let i = 0; i < 3_000; i++) {
    a.set(`a${i}`, `value ${i}`)
    b.set(`b${i}`, `value ${i}`)
  }
  return [a, b]
}

const counter = (): { tap: NodeJS.ReadWriteStream, count: { bytes: number } } => {
  const count = { bytes: 0 }
  const tap = through2((chunk: Buffer, _encoding, next) => {
    count.bytes += chunk.length
    next(null, chunk)
  }) as unknown as NodeJS.ReadWriteStream
  return { tap, count }
}

test('through2 taps and gzip over TCP, both ways', async t => {
  const [a, b] = pair()
  const { client, server } = await tcpPair()
  const [one, two] = [a.createStream(), b.createStream()]
  const gzip = { flush: constants.Z_SYNC_FLUSH }
  const { tap, count } = counter()
  const wire = counter()
  one.pipe(tap).pipe(createGzip(gzip)).pipe(wire.tap).pipe(client).pipe(createGunzip(gzip)).pipe(one)
  two.pipe(createGzip(gzip)).pipe(server).pipe(createGunzip(gzip)).pipe(two)
  await Promise.all([once(one, 'sync'), once(two, 'sync')])
  await convergence(a, b)
  t.equal(b.size, 6_000)
  t.equal(count.bytes, one.stats().bytesOut, 'the tap saw everything')
  t.ok(wire.count.bytes < count.bytes / 2, `${count.bytes} bytes went as ${wire.count.bytes}`)
  a.set('live', 1)
  await until(() => b.has('live'), [b])
  b.set('live', 2)
  await until(() => a.get('live') === 2, [a])
  const closed = Promise.all([one, two].map(closing))
  client.destroy()
  server.destroy()
  await closeAll(a, b)
  await closed
  t.pass('and it ends')
})

test('ends cleanly through gzip as well', async t => {
  const [a, b] = pair()
  const { client, server } = await tcpPair()
  // gzip has something to write even after the other end's end.
  client.allowHalfOpen = server.allowHalfOpen = true
  const [one, two] = [a.createStream({ tail: false }), b.createStream()]
  const gzip = { flush: constants.Z_SYNC_FLUSH }
  const done = Promise.all([
    promised(one, createGzip(gzip), client, createGunzip(gzip), one),
    promised(two, createGzip(gzip), server, createGunzip(gzip), two)
  ])
  await within(done, 'both pipelines')
  t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
  await convergence(a, b)
  t.equal(a.size, 6_000)
  await closeAll(a, b)
})

const pipelines = {
  'pipeline of node:stream': (streams: NodeJS.ReadWriteStream[], done: (error?: Error | null) => void) => { nativePipeline(streams, done) },
  'pipeline of node:stream/promises': (streams: NodeJS.ReadWriteStream[], done: (error?: Error | null) => void) => { promised(streams).then(() => { done() }, done) },
  'pipeline of readable-stream': (streams: NodeJS.ReadWriteStream[], done: (error?: Error | null) => void) => { readablePipeline(streams, done) },
  pump: (streams: NodeJS.ReadWriteStream[], done: (error?: Error | null) => void) => { pump(streams as pump.Stream[], error => { done(error) }) }
}

for (const [name, run] of Object.entries(pipelines)) {
  test(`${name}: to a clean end`, async t => {
    const [a, b] = pair()
    const { client, server } = await tcpPair()
    const [one, two] = [a.createStream(), b.createStream({ tail: false })]
    const ended = [[one, client, one], [server, two, server]].map(streams => new Promise<unknown>(resolve => { run(streams, resolve) }))
    const errors = await within(Promise.all(ended), 'both ends')
    t.deepEqual(errors.map(error => error ?? undefined), [undefined, undefined])
    t.deepEqual([a.size, b.size], [6_000, 6_000])
    await within(Promise.all([one, two, client, server].map(closing)), 'all four close')
    await closeAll(a, b)
  })

  test(`${name}: to a bad one`, async t => {
    const [a, b] = pair()
    const { client, server } = await tcpPair()
    const [one, two] = [a.createStream(), b.createStream()]
    const ended = [[one, client, one], [server, two, server]].map(streams => new Promise<unknown>(resolve => { run(streams, resolve) }))
    await once(one, 'sync')
    server.destroy()
    const errors = await within(Promise.all(ended), 'both ends')
    t.ok(errors.every(error => error instanceof Error), errors.map(String).join())
    await within(Promise.all([one, two, client, server].map(closing)), 'all four close')
    t.deepEqual([a.stats().streams, b.stats().streams], [0, 0])
    await closeAll(a, b)
  })
}

for (const [name, run] of Object.entries(pipelines)) {
  for (const tails of [[false, true], [true, false], [false, false]] as const) {
    test(`${name}: (socket, stream, socket) while it still connects, tail ${tails.join(' and ')}`, async t => {
      const [a, b] = pair()
      const [one, two] = [a.createStream({ tail: tails[0] }), b.createStream({ tail: tails[1] })]
      const wrong: unknown[] = []
      const note = (problem: unknown): void => { wrong.push(problem) }
      process.on('warning', note)
      for (const stream of [one, two]) stream.on('error', note)
      const closed = Promise.all([one, two].map(closing))
      let finish = (): void => {}
      const done = (error?: Error | null): void => {
        if (error) note(error)
        finish()
      }
      const server = await listen(socket => { run([socket, two, socket], done) })
      const socket = connect(server.port, '127.0.0.1')
      const finished = new Promise<void>(resolve => {
        let left = 2
        finish = () => { if (--left === 0) resolve() }
      })
      run([socket, one, socket], done)
      await within(Promise.all([finished, closed]), 'both ends')
      await stop(server)
      t.deepEqual(wrong, [], 'no error, and no warning of a leak')
      t.deepEqual([a.size, b.size], [6_000, 6_000])
      process.removeListener('warning', note)
      await closeAll(a, b)
    })
  }
}

test('async iteration over the bytes of one, written to the other by hand', async t => {
  const [a, b] = pair()
  const [one, two] = [a.createStream({ tail: false }), b.createStream()]
  const carry = async (from: typeof one, to: typeof one): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      // In pieces of one byte at first, then of odd sizes.
      for (let i = 0, size = 1; i < chunk.length; i += size, size = i < 500 ? 1 : 997) {
        if (!to.write(chunk.subarray(i, i + size))) await nativeOnce(to, 'drain')
      }
    }
    to.end()
  }
  await within(Promise.all([carry(one, two), carry(two, one)]), 'both ways')
  t.deepEqual([a.size, b.size], [6_000, 6_000])
  await Promise.all([closing(one), closing(two)])
  t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
  await closeAll(a, b)
})

test('AbortSignal', async t => {
  const [a, b] = pair()
  const { client, server } = await tcpPair()
  const controller = new AbortController()
  const [one, two] = [a.createStream({ signal: controller.signal }), b.createStream()]
  one.pipe(client).pipe(one)
  two.pipe(server).pipe(two)
  await once(one, 'sync')
  const errors: unknown[] = []
  one.on('error', (error: unknown) => errors.push(error))
  controller.abort('enough')
  await within(Promise.all([one, two, client, server].map(closing)), 'all close')
  const [error] = errors as [Error & { code: string }]
  t.deepEqual([error.code, error.name, error.cause, errors.length], ['ABORTED', 'AbortError', 'enough', 1])
  await closeAll(a, b)
})
