import test from 'tape'
import duplexify from 'duplexify'
import { Model } from '../../lib/index.js'
import { startScript } from '../support/children.js'
import { reason } from '../support/failures.js'
import { closeAll, closing, convergence } from '../support/pairs.js'
import { once, until, within } from '../support/waiting.js'

// Child processes over their standard input and output.

const script = new URL('stdio.script.ts', import.meta.url)

test('three children, each a replica, with their parent in the middle', async t => {
  const model = new Model({ id: 'parent' })
  const children = ['x', 'y', 'z'].map(id => startScript(script, [id], { stdio: ['pipe', 'pipe', 'inherit'] }))
  const streams = children.map(({ stdin, stdout }) => {
    const stream = model.createStream()
    stream.pipe(duplexify(stdin ?? undefined, stdout ?? undefined, { autoDestroy: true, emitClose: true })).pipe(stream)
    return stream
  })
  await Promise.all(streams.map(stream => once(stream, 'sync')))
  t.deepEqual([...model.keys()].sort(), ['from x', 'from y', 'from z'])
  model.set('question', 20)
  await until(() => ['x', 'y', 'z'].every(id => model.get(`answer of ${id}`) === 21), [model])
  await within(model.replicated(3), 'replicated')
  const exits = Promise.all(children.map(child => once(child, 'exit')))
  model.set('leave', true)
  const codes = await exits
  t.deepEqual(codes.map(([code]) => code), [0, 0, 0])
  await within(Promise.all(streams.map(closing)), 'the streams close')
  t.deepEqual(streams.map(reason), ['nothing', 'nothing', 'nothing'])
  await model.close()
})

for (const [how, isDuplex] of [['without a duplex around them', false], ['as one duplex', true]] as const) {
  test(`a child whose streams are piped ${how}, and that is killed`, async t => {
    const model = new Model({ id: 'parent' })
    const child = startScript(script, ['x'], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (child.stdin === null || child.stdout === null) throw new Error('they are pipes')
    const stream = model.createStream()
    if (isDuplex) stream.pipe(duplexify(child.stdin, child.stdout, { autoDestroy: true, emitClose: true })).pipe(stream)
    else child.stdout.pipe(stream).pipe(child.stdin)
    await once(stream, 'sync')
    model.set('question', 1)
    await until(() => model.has('answer of x'), [model])
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    await within(closing(stream), 'the stream closes')
    t.ok(['PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET'].includes(reason(stream)), reason(stream))
    t.equal(model.stats().streams, 0)
    await model.close()
  })
}

test('one child after another, and two that never meet converge through their parent', async t => {
  const model = new Model({ id: 'parent' })
  const other = new Model({ id: 'other' })
  const join = other.createStream()
  join.pipe(model.createStream()).pipe(join)
  for (const id of ['x', 'y']) {
    const child = startScript(script, [id], { stdio: ['pipe', 'pipe', 'inherit'] })
    const stream = model.createStream()
    stream.pipe(duplexify(child.stdin ?? undefined, child.stdout ?? undefined, { autoDestroy: true, emitClose: true })).pipe(stream)
    await once(stream, 'sync')
    model.set('question', id.charCodeAt(0))
    await until(() => model.get(`answer of ${id}`) === id.charCodeAt(0) + 1, [model])
    const exit = once(child, 'exit')
    stream.end()
    t.equal((await exit)[0], 0, 'it leaves when its parent ends the stream')
  }
  await convergence(model, other)
  t.equal(other.get('answer of y'), 122)
  await closeAll(model, other)
})
