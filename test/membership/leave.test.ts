import test from 'tape'
import { code, codeOf, refusalOf } from '../support/failures.js'
import { journal, Village } from '../support/village.js'
import { within } from '../support/waiting.js'

// leave(): whom it waits for, and what comes after it.

interface Waited { outcome: string | undefined }

function watch (left: Promise<void>): Waited {
  const waited: Waited = { outcome: undefined }
  left.then(() => { waited.outcome = 'nothing' }, (error: unknown) => { waited.outcome = code(error) })
  return waited
}

test('it does not wait for a peer that has fallen silent, before or after', async t => {
  for (const when of ['before', 'after']) {
    const village = new Village()
    const [a, b] = [village.member('a'), village.member('b')]
    const pair = await village.chain(a, b)
    const freeze = (): void => { for (const { a: one, b: two } of pair) { one.unpipe(two); two.unpipe(one) } }
    freeze()
    if (when === 'before') await village.until(() => a.dead().length === 1)
    const waited = watch(a.leave())
    await village.until(() => waited.outcome !== undefined)
    t.equal(waited.outcome, 'nothing', when)
    t.equal(a.stats().streams, 1, 'its connection stands')
    await village.close()
  }
})

test('one that is heard among those who are silent is waited for', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  const [ab] = await village.chain(a, b)
  const { a: toC, b: fromC } = village.link(a, c)
  await village.until(() => a.alive().length === 3)
  ab?.a.unpipe(ab.b)
  ab?.b.unpipe(ab.a)
  toC.unpipe(fromC)
  const waited = watch(a.leave())
  await village.until(() => a.get('b')?.status === 'dead')
  t.equal(waited.outcome, undefined, 'c is heard, and has not said that it knows')
  toC.pipe(fromC)
  await village.until(() => waited.outcome !== undefined)
  t.equal(c.get('a')?.status, 'left')
  await village.close()
})

test('nor for one to whom nothing may be told', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  village.link(a, b, { readable: false })
  await village.until(() => a.alive().length === 2)
  t.equal(await within(codeOf(() => a.leave()), 'leave'), 'nothing')
  await village.close()
})

test('a signal ends the wait, and takes nothing back', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  const [pair] = await village.chain(a, b)
  pair?.a.unpipe(pair.b)
  const controller = new AbortController()
  const waited = watch(a.leave({ signal: controller.signal }))
  const patient = watch(a.leave())
  const called = new Promise(resolve => { a.leave({ signal: controller.signal }, resolve) })
  await village.pass(100)
  t.equal(waited.outcome, undefined)
  controller.abort()
  await village.until(() => waited.outcome !== undefined)
  t.equal(waited.outcome, 'ABORTED')
  t.equal(code(await within(called, 'callback')), 'ABORTED')
  t.equal(patient.outcome, undefined, 'who gave none goes on waiting')
  pair?.a.pipe(pair.b)
  await village.until(() => patient.outcome !== undefined)
  t.deepEqual([patient.outcome, a.self.status, b.get('a')?.status], ['nothing', 'left', 'left'])
  for (const wrong of [5, 'x', null, { signal: {} }]) t.equal(refusalOf(() => a.leave(wrong as object)), 'TypeError INVALID_ARGUMENT')
  t.equal(refusalOf(() => { a.leave({}, 'x' as unknown as () => void) }), 'TypeError INVALID_ARGUMENT')
  await village.close()
})

test('who has left says nothing more', async t => {
  const village = new Village()
  const [a, b] = [village.member('a', { facts: { k: 1 } }), village.member('b')]
  await village.chain(a, b)
  const lines = journal(b)
  const left = a.leave()
  for (const call of [() => a.set('k', 2), () => a.delete('k')]) {
    t.equal(await codeOf(call), 'CLOSED', 'from the call on')
    t.match(await messageOf(call), /has left/)
  }
  await within(left, 'leave')
  t.equal(await codeOf(() => a.set('k', 2)), 'CLOSED')
  await village.pass(500)
  t.deepEqual(lines, ['leave a'])
  t.equal(b.fact('a', 'k'), 1)
  await village.close()
})

async function messageOf (call: () => unknown): Promise<string> {
  try {
    await call()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
