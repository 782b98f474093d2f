import test from 'tape'
import { Model } from '../../lib/index.js'
import { Connection } from '../../lib/stream/connection.js'
import type { Endpoint } from '../../lib/stream/endpoint.js'
import { encodeHello } from '../../lib/wire/hello.js'
import type { Hello } from '../../lib/wire/hello.js'
import { closeAll, closing, join, meet } from '../support/pairs.js'
import { once } from '../support/waiting.js'

// A connection closes each link that it opened, whenever it ends.

function hello (id: string, names: readonly string[]): Hello {
  const channels = names.map(name => ({ name, kind: 'model', epoch: 'epoch' }))
  return { id, cluster: '', codec: 'msgpack', instance: id.repeat(24), nonce: id.repeat(24), channels, sends: true, receives: true, auth: false, binding: false }
}

test('closed while its links are being opened', t => {
  const open = new Set<string>()
  const told: string[] = []
  const endpoint = (name: string, onOpen: () => void): Endpoint => ({
    name,
    kind: 'model',
    id: 'a',
    epoch: 'epoch',
    whenReady: callback => { callback(undefined) },
    whenRoomy: callback => { callback() },
    open: () => {
      open.add(name)
      told.push(name)
      onOpen()
      return 1
    },
    receive: () => {},
    pull: () => undefined,
    close: () => { open.delete(name) },
    isSynced: () => false,
    traffic: () => ({ entriesIn: 0, entriesOut: 0, duplicates: 0 })
  })
  const names = ['x', 'y', 'z']
  const connection: Connection = new Connection({
    hello: hello('a', names),
    secret: undefined,
    exporter: () => undefined,
    endpoints: names.map(name => endpoint(name, () => { if (name === 'y') connection.close() })),
    frames: { batchBytes: 16_384, maxBytes: 1 << 20, maxLineBytes: 1 << 20 },
    tail: true,
    onWake: () => {},
    onHello: () => { told.push('hello') },
    onSync: () => { told.push('sync') }
  })
  connection.receive(Buffer.concat([encodeHello(hello('b', names)), Buffer.from('\n')]))
  t.deepEqual(told, ['x', 'y'], 'nothing is opened, or told, after it')
  t.deepEqual([...open], [])
  t.end()
})

test("a stream that is destroyed by a listener of 'peer' leaves nothing behind", async t => {
  const [a, b] = [new Model({ id: 'a', deletesKept: 0 }), new Model({ id: 'b' })]
  const { a: one, b: two } = join(a, b)
  a.once('peer', () => { one.destroy() })
  await Promise.all([once(a, 'peer'), closing(one), closing(two)])
  a.set('k', 1)
  a.delete('k')
  t.equal(a.stats().deletes, 0, 'no link holds on to the delete record')
  await meet(a, b)
  await closeAll(a, b)
})
