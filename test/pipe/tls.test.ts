import test from 'tape'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { connect, createServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { Model } from '../../lib/index.js'
import type { ModelOptions, ReplicationStream } from '../../lib/index.js'
import { reason } from '../support/failures.js'
import { closeAll, closing, convergence } from '../support/pairs.js'
import { once, until, within } from '../support/waiting.js'

// Over TLS. Where there is a secret, its proof is bound to the TLS connection.

interface Certificate { readonly key: Buffer, readonly cert: Buffer }

function certificate (): Certificate {
  const dir = mkdtempSync(pathOf(tmpdir(), 'tendril-tls-'))
  try {
    const [key, cert] = [pathOf(dir, 'key.pem'), pathOf(dir, 'cert.pem')]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const own = certificate()

interface Connected { readonly one: ReplicationStream, readonly two: ReplicationStream, readonly sockets: TLSSocket[] }

async function joinTls (a: Model, b: Model): Promise<Connected> {
  const two = b.createStream()
  const sockets: TLSSocket[] = []
  const server = createServer(own, socket => {
    sockets.push(socket)
    socket.pipe(two).pipe(socket)
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one = a.createStream()
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca: own.cert })
  sockets.push(socket)
  one.pipe(socket).pipe(one)
  return { one, two, sockets }
}

for (const secret of [undefined, 'a secret']) {
  test(`over TLS, ${secret === undefined ? 'without' : 'with'} a secret`, async t => {
    const options: ModelOptions = secret === undefined ? {} : { secret }
    const [a, b] = [new Model({ id: 'a', ...options }), new Model({ id: 'b', ...options })]
    for (let i = 0; i < 5_000; i++) a.set(`k${i}`, 'x'.repeat(100))
    const { one, two, sockets } = await joinTls(a, b)
    await Promise.all([once(one, 'sync'), once(two, 'sync')])
    t.equal(b.size, 5_000)
    b.set('k0', 'back')
    await until(() => a.get('k0') === 'back', [a])
    await convergence(a, b)
    const closed = Promise.all([one, two, ...sockets].map(closing))
    await a.close()
    await within(closed, 'all close')
    t.deepEqual([reason(one), reason(two)], ['nothing', 'nothing'])
    await closeAll(b)
  })
}

test('a wrong secret, and one at one end only', async t => {
  for (const [secretA, secretB] of [['right', 'wrong'], ['right', undefined], [undefined, 'right']]) {
    const model = (id: string, secret: string | undefined): Model => new Model(secret === undefined ? { id } : { id, secret })
    const [a, b] = [model('a', secretA), model('b', secretB)]
    const { one, two, sockets } = await joinTls(a, b)
    await within(Promise.all([one, two, ...sockets].map(closing)), 'all close')
    t.deepEqual([reason(one), reason(two)], ['AUTH_FAILED', 'AUTH_FAILED'])
    await closeAll(a, b)
  }
})

test('someone in the middle of two TLS connections who passes the bytes on', async t => {
  const [a, b] = [new Model({ id: 'a', secret: 's' }), new Model({ id: 'b', secret: 's' })]
  const far = createServer(own)
  const near = createServer(own, socket => {
    const onwards = connect({ port: (far.address() as AddressInfo).port, host: '127.0.0.1', ca: own.cert })
    for (const one of [socket, onwards]) one.on('error', () => {})
    socket.pipe(onwards).pipe(socket)
  })
  for (const server of [far, near]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const two = b.createStream()
  far.once('secureConnection', (socket: TLSSocket) => { socket.pipe(two).pipe(socket) })
  const one = a.createStream()
  const socket = connect({ port: (near.address() as AddressInfo).port, host: '127.0.0.1', ca: own.cert })
  one.pipe(socket).pipe(one)
  await within(Promise.all([closing(one), closing(two)]), 'both close')
  t.deepEqual([reason(one), reason(two)], ['AUTH_FAILED', 'AUTH_FAILED'], 'the proof is of another connection')
  near.close()
  far.close()
  await closeAll(a, b)
})

test('a certificate that is not trusted', async t => {
  const a = new Model({ id: 'a' })
  const server = createServer(own)
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const one = a.createStream()
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  one.pipe(socket).pipe(one)
  await within(Promise.all([closing(one), closing(socket)]), 'both close')
  t.equal(reason(one), 'DEPTH_ZERO_SELF_SIGNED_CERT')
  server.close()
  await a.close()
})
