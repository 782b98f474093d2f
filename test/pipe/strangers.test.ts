import test from 'tape'
import { request } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Model } from '../../lib/index.js'
import { reason } from '../support/failures.js'
import { closeAll, closing, listen, stop } from '../support/pairs.js'
import { once, until, within } from '../support/waiting.js'

// A stranger on a listener harms nobody: an HTTP request, TLS, garbage, silence, a reset.

test('strangers come and go while two nodes replicate', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const reasons: string[] = []
  const server = await listen(socket => {
    const stream = a.createStream()
    stream.once('close', () => {
      reasons.push(reason(stream))
      server.emit('refused')
    })
    socket.pipe(stream).pipe(socket)
  })
  const open = (): Socket => connect(server.port, '127.0.0.1').on('error', () => {}).resume()

  const friend = open()
  const stream = b.createStream()
  stream.pipe(friend).pipe(stream)
  await once(stream, 'sync')
  const refused = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    const before = reasons.length
    await act()
    await until(() => reasons.length > before, [server], ['refused'])
    a.set('last', what)
    await until(() => b.get('last') === what, [b])
    t.ok(['BAD_FRAME', 'PREMATURE_CLOSE', 'ECONNRESET'].includes(reasons.at(-1) ?? ''), `${what}: ${reasons.at(-1)}`)
  }

  await refused('HTTP', () => within(new Promise<void>(resolve => {
    request({ port: server.port, host: '127.0.0.1' }).on('error', () => { resolve() }).on('close', resolve).end()
  }), 'the answer'))
  await refused('TLS', () => closing(connectTls(server.port, '127.0.0.1').on('error', () => {})))
  for (const garbage of ['{}\n', 'null\n', '[null,5,"x"]\n', '\n', '\0', '{"tendril":1}\n', '{"tendril":1,"id":5}\n', 'x'.repeat(100_000), `{${' '.repeat(100_000)}`]) {
    await refused(JSON.stringify(garbage.slice(0, 20)), async () => {
      const socket = open()
      socket.write(garbage)
      await closing(socket)
    })
  }
  await refused('one who says nothing and leaves', async () => { open().end() })
  await refused('a reset', async () => {
    const socket = open()
    await once(socket, 'data')
    socket.resetAndDestroy()
  })
  const silent = open()
  await once(silent, 'data')
  a.set('last', 'beside a silent one')
  await until(() => b.get('last') === 'beside a silent one', [b])
  t.equal(a.stats().streams, 2, 'a silent one may wait for a while')
  t.equal(stream.destroyed, false)
  await within(Promise.all([a.close(), closing(silent)]), 'but not beyond the end')
  await stop(server)
  await closeAll(b)
})
