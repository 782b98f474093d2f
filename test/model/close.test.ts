import { connect } from 'node:net'
import test from 'tape'
import { Model } from '../../lib/index.js'
import type { ReplicationStream } from '../../lib/index.js'
import { runScript } from '../support/children.js'
import { codeOf, reason, refusalOf } from '../support/failures.js'
import { closing, joinTcp, listen, meet, stop } from '../support/pairs.js'
import { once, within } from '../support/waiting.js'

// close() ends the streams, flushes storage, lets the process exit. Afterwards everything is CLOSED.

test('twice is fine, and one promise', async t => {
  const model = new Model()
  const closing = model.close()
  t.equal(await closing, undefined)
  t.equal(await model.close(), undefined)
  await new Promise<void>((resolve, reject) => {
    model.close(error => { if (error === undefined) resolve(); else reject(error) })
  })
})

test('CLOSED from the call on', async t => {
  const model = new Model()
  model.set('k', 1)
  const streams = [model.createStream(), model.createStream()]
  const closed = model.close()
  for (const when of ['while it closes', 'afterwards']) {
    t.equal(await codeOf(() => model.set('k', 2)), 'CLOSED', `set ${when}`)
    t.equal(await codeOf(() => model.delete('k')), 'CLOSED', `delete ${when}`)
    t.equal(reason(model.createStream()), 'CLOSED', `createStream ${when}`)
    t.equal(refusalOf(() => { model.createStream({ tail: 1 as unknown as boolean }) }), 'TypeError INVALID_ARGUMENT')
    t.equal(await codeOf(() => model.replicated(0)), 'CLOSED', `replicated ${when}`)
    t.equal(await codeOf(() => model.flush()), 'CLOSED', `flush ${when}`)
    t.equal(model.get('k'), 1, `what it held can be read ${when}`)
    t.equal(refusalOf(() => { model.set('', 1) }), 'RangeError INVALID_ARGUMENT')
    await closed
  }
  t.ok(streams.every(stream => stream.destroyed), 'its streams are gone')
  t.equal(model.stats().streams, 0)
})

test("who connects while a server's model closes, or afterwards, is turned away and harms nobody", async t => {
  const model = new Model({ id: 'server' })
  const streams: ReplicationStream[] = []
  const server = await listen(socket => {
    const stream = model.createStream()
    streams.push(stream)
    socket.pipe(stream).pipe(socket)
  })
  const dial = async (): Promise<void> => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {})
    await closing(socket.resume())
  }
  const closed = model.close()
  await within(dial(), 'one while it closes')
  await closed
  await within(dial(), 'one afterwards')
  t.deepEqual(streams.map(reason), ['CLOSED', 'CLOSED'])
  t.equal(model.stats().streams, 0)
  await stop(server)
})

test("a listener of a stream's 'close' that throws does not hold up the model", async t => {
  const { code, stdout } = await runScript(new URL('closes.script.ts', import.meta.url), ['throw'])
  t.equal(code, 0)
  t.equal(stdout, 'uncaught: mine\nclosed\n')
})

test('what was written before is still sent, and both ends close cleanly', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const { a: one, b: two, client, server } = await joinTcp(a, b)
  await once(one, 'sync')
  const closed = Promise.all([one, two, client, server].map(closing))
  a.set('last', 'words')
  await within(a.close(), 'close')
  await within(closed, 'all four ends')
  t.equal(b.get('last'), 'words')
  t.deepEqual([one.errored, two.errored], [null, null])
  t.deepEqual([a.stats().streams, b.stats().streams], [0, 0])
  await b.close()
})

test('both ends at once', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const { a: one, b: two } = await meet(a, b)
  await within(Promise.all([a.close(), b.close()]), 'both')
  t.deepEqual([one.errored, two.errored], [null, null])
})

test('a peer that does not answer is not waited for long', async t => {
  const model = new Model()
  const stream = model.createStream()
  stream.resume()
  await within(model.close(), 'close', 5_000)
  t.ok(stream.destroyed)
})

test('nor does the process exit before: it waits for the goodbye of a peer that is silent', async t => {
  const { code, stdout } = await runScript(new URL('closes.script.ts', import.meta.url), ['silent'])
  t.equal(stdout, 'closed\n')
  t.equal(code, 0)
})

test('the process exits by itself', async t => {
  const { code, stdout, stderr } = await runScript(new URL('closes.script.ts', import.meta.url))
  t.equal(stderr, '')
  t.equal(code, 0)
  t.equal(stdout, 'closed\n')
})

for (const what of ['leave it open', 'leave it open, of a clock with plain timers']) {
  test(`a model alone keeps no process alive: ${what}`, async t => {
    const { code, stdout } = await runScript(new URL('closes.script.ts', import.meta.url), [what])
    t.equal(code, 0)
    t.equal(stdout, 'left\n')
  })
}
