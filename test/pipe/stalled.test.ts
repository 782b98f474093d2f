import test from 'tape'
import { Model } from '../../lib/index.js'
import type { ReplicationStream } from '../../lib/index.js'
import { closeAll, join, tcpPair } from '../support/pairs.js'
import { once, turns, until } from '../support/waiting.js'

// A stream is pulled: a reader that stalls costs no memory, however much is written meanwhile, and then gets the last value.

const writes = 100_000

/** Two streams whose bytes are carried by hand, one way only as long as `isOpen`. */
function carry (one: ReplicationStream, two: ReplicationStream): { isOpen: boolean } {
  const gate = { isOpen: true }
  two.on('data', (chunk: Buffer) => { one.write(chunk) })
  const read = (): void => {
    for (let chunk = gate.isOpen ? one.read() as Buffer | null : null; chunk !== null; chunk = gate.isOpen ? one.read() as Buffer | null : null) two.write(chunk)
  }
  one.on('readable', read)
  return gate
}

for (const [what, size] of [['small', 10], ['of 20 kB', 20_000], ['of 200 kB', 200_000]] as const) {
  test(`${writes} writes of values ${what} to one key, while the reader stands still`, async t => {
    const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
    const [one, two] = [a.createStream(), b.createStream()]
    const gate = carry(one, two)
    await Promise.all([once(one, 'sync'), once(two, 'sync')])
    await turns()
    gate.isOpen = false
    const before = one.stats()
    const text = 'x'.repeat(size)
    const count = size > 1_000 ? writes / 100 : writes
    for (let i = 0; i < count; i++) {
      a.set('hot', `${i} ${text}`)
      // Each write is a turn of its own: what could leave, leaves.
      await Promise.resolve()
    }
    await turns()
    const { bytesOut, framesOut } = one.stats()
    const [bytes, frames] = [bytesOut - before.bytesOut, framesOut - before.framesOut]
    const largest = size + 100
    t.ok(bytes <= one.readableHighWaterMark + 2 * largest, `${frames} frames, ${bytes} bytes, of which ${one.readableHighWaterMark} are the high-water mark`)
    t.ok(one.readableLength <= one.readableHighWaterMark + 2 * largest)
    gate.isOpen = true
    one.emit('readable')
    await until(() => b.get('hot') === `${count - 1} ${text}`, [b])
    await turns()
    t.ok(one.stats().framesOut - before.framesOut <= frames + 3, 'what was held back goes at once')
    await closeAll(a, b)
  })
}

test('over TCP: a peer that does not read gets the last values when it does', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const sockets = await tcpPair()
  const { a: one, b: two } = join(a, b, {}, {}, sockets)
  await Promise.all([once(one, 'sync'), once(two, 'sync')])
  sockets.server.unpipe(two)
  sockets.server.pause()
  const value = 'x'.repeat(1_000)
  for (let i = 0; i < writes; i++) {
    a.set(`key ${i % 10}`, `${i} ${value}`)
    if (i % 10 === 9) await Promise.resolve()
    if (i % 1_000 === 999) await turns(1)
  }
  const { entriesOut } = one.stats()
  t.ok(entriesOut < writes / 2, `${entriesOut} of ${writes} went into the buffers in between`)
  sockets.server.pipe(two)
  await until(() => b.get('key 9') === `${writes - 1} ${value}`, [b])
  t.deepEqual(new Map(b), new Map(a))
  await closeAll(a, b)
})
