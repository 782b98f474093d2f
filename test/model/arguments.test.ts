import test from 'tape'
import { Model } from '../../lib/index.js'
import type { ModelOptions, StreamOptions } from '../../lib/index.js'
import { refusalOf } from '../support/failures.js'

// What is wrong with a call is thrown at the call: a TypeError or a RangeError with code INVALID_ARGUMENT.

const typeError = 'TypeError INVALID_ARGUMENT'
const rangeError = 'RangeError INVALID_ARGUMENT'
const refuse = (options: unknown): string => refusalOf(() => new Model(options as ModelOptions))

test('options of a structure', t => {
  t.equal(refuse(null), typeError)
  t.equal(refuse('a'), typeError)
  t.equal(refuse({ id: 5 }), typeError)
  t.equal(refuse({ id: '' }), rangeError)
  t.equal(refuse({ id: 'x'.repeat(65) }), rangeError)
  t.equal(refuse({ id: 'ü'.repeat(33) }), rangeError, 'bytes are counted, not characters')
  t.equal(refuse({ id: 'ü'.repeat(32) }), 'taken')
  t.equal(refuse({ id: '\ud800' }), typeError, 'half a character')
  t.equal(refuse({ name: '' }), rangeError)
  t.equal(refuse({ name: 5 }), typeError)
  t.equal(refuse({ cluster: 5 }), typeError)
  t.equal(refuse({ cluster: '' }), 'taken')
  t.equal(refuse({ secret: 5 }), typeError)
  t.equal(refuse({ secret: '' }), rangeError)
  t.equal(refuse({ secret: new Uint8Array(0) }), rangeError)
  t.equal(refuse({ secret: Uint8Array.of(1) }), 'taken')
  t.equal(refuse({ storage: {} }), typeError)
  t.equal(refuse({ storage: null }), typeError)
  t.equal(refuse({ clock: {} }), typeError)
  t.equal(refuse({ clock: null }), typeError)
  t.equal(refuse({ durable: 1 }), typeError)
  for (const name of ['maxFrameBytes', 'maxKeyBytes', 'maxValueBytes', 'maxStreams', 'deletesKept']) {
    t.equal(refuse({ [name]: '1' }), typeError, name)
    t.equal(refuse({ [name]: null }), typeError, name)
    t.equal(refuse({ [name]: -1 }), rangeError, name)
    t.equal(refuse({ [name]: NaN }), rangeError, name)
    t.equal(refuse({ [name]: 1.5 }), rangeError, name)
    t.equal(refuse({ [name]: Infinity }), rangeError, name)
  }
  t.equal(refuse({ deletesKept: 0 }), 'taken', 'an explicit zero is honoured')
  t.equal(refuse({ maxFrameBytes: 2048 }), rangeError, 'no room for the largest value')
  t.equal(refuse({ maxFrameBytes: 4096, maxValueBytes: 1024, maxKeyBytes: 64 }), 'taken')
  t.end()
})

test('options of a stream', async t => {
  const model = new Model()
  const refused = (options: unknown): string => refusalOf(() => { model.createStream(options as StreamOptions) })
  t.equal(refused(undefined), 'taken')
  t.equal(refused({}), 'taken')
  t.equal(refused(null), typeError)
  t.equal(refused({ codec: 'xml' }), typeError)
  t.equal(refused({ codec: null }), typeError)
  t.equal(refused({ readable: 1 }), typeError)
  t.equal(refused({ writable: 'no' }), typeError)
  t.equal(refused({ tail: 0 }), typeError)
  t.equal(refused({ signal: {} }), typeError)
  t.equal(model.stats().streams, 2, 'what was refused counts for nothing')
  await model.close()
})

test('keys', t => {
  const model = new Model({ maxKeyBytes: 4 })
  for (const call of [(key: string) => { model.set(key, 1) }, (key: string) => { model.delete(key) }, (key: string) => { model.watch(key, () => {}) }]) {
    const refused = (key: unknown): string => refusalOf(() => { call(key as string) })
    t.equal(refused(''), rangeError)
    t.equal(refused('12345'), rangeError)
    t.equal(refused('üüü'), rangeError)
    t.equal(refused('\udc00'), typeError)
    t.equal(refused(5), typeError)
    t.equal(refused(undefined), typeError)
    t.equal(refused(Symbol('s')), typeError)
    t.equal(refused('1234'), 'taken')
  }
  t.end()
})

test('values', t => {
  const model = new Model({ id: 'a', maxValueBytes: 1_000 })
  const refused = (value: unknown): string => refusalOf(() => { model.set('k', value) })
  const cycle: unknown[] = []
  cycle.push(cycle)
  const wrong: Record<string, unknown> = {
    function: () => {},
    symbol: Symbol('s'),
    undefined,
    'nested undefined': { a: undefined },
    hole: [, 1],
    cycle,
    NaN,
    Infinity,
    Date: new Date(),
    Map: new Map(),
    Set: new Set(),
    RegExp: /x/,
    Float64Array: new Float64Array(1),
    'an instance of a class': new (class A {})()
  }
  for (const [what, value] of Object.entries(wrong)) {
    t.equal(refused(value), typeError, what)
    t.equal(refused({ deep: [value] }), typeError, `${what}, nested`)
  }
  t.equal(refused('x'.repeat(1_000)), rangeError)
  t.equal(refused(2n ** 64n), rangeError)
  t.equal(refused(-(2n ** 63n) - 1n), rangeError)
  t.deepEqual(model.digest(), {}, 'nothing was changed')
  t.equal(refused(2n ** 64n - 1n), 'taken')
  t.equal(refused(-(2n ** 63n)), 'taken')
  t.end()
})

test('ttl, watch and replicated', t => {
  const model = new Model({ id: 'a' })
  const ttl = (value: unknown): string => refusalOf(() => { model.set('k', 1, { ttl: value as number }) })
  t.equal(ttl(0), rangeError)
  t.equal(ttl(-1), rangeError)
  t.equal(ttl(NaN), rangeError)
  t.equal(ttl(Infinity), rangeError)
  t.equal(ttl('5'), typeError)
  t.equal(ttl(null), typeError)
  t.deepEqual(model.digest(), {}, 'nothing was changed')
  t.equal(ttl(0.5), 'taken')
  t.equal(refusalOf(() => { model.set('k', 1, null as unknown as object) }), typeError)

  const watch = (what: unknown, listener: unknown): string => refusalOf(() => { model.watch(what as string, listener as () => void) })
  t.equal(watch('k', undefined), typeError)
  t.equal(watch({}, () => {}), typeError)
  t.equal(watch(null, () => {}), typeError)
  t.equal(watch({ prefix: 5 }, () => {}), typeError)
  t.equal(watch({ prefix: '' }, () => {}), 'taken', 'every key begins with nothing')

  const replicated = (...args: unknown[]): string => refusalOf(() => {
    const waiting = (model.replicated as (...args: unknown[]) => Promise<void>).apply(model, args)
    waiting.catch(() => {})
  })
  t.equal(replicated(-1), rangeError)
  t.equal(replicated(1.5), rangeError)
  t.equal(replicated('1'), typeError)
  t.equal(replicated(1, null), typeError)
  t.equal(replicated(1, { signal: {} }), typeError)
  t.end()
})

test('a callback that is none is refused before anything is done', async t => {
  const model = new Model({ id: 'a' })
  const callbacks = ['nonsense', null, {}, 5] as unknown[] as Array<() => void>
  for (const callback of callbacks) {
    t.equal(refusalOf(() => { model.ready(callback) }), typeError, 'ready')
    t.equal(refusalOf(() => { model.flush(callback) }), typeError, 'flush')
    t.equal(refusalOf(() => { model.replicated(0, {}, callback) }), typeError, 'replicated')
    t.equal(refusalOf(() => { model.close(callback) }), typeError, 'close')
  }
  t.equal(model.set('k', 1).version, 1, 'it is open still')
  await model.close()
})

test('an error of a value names the key and what was wrong; replicated takes options alone', async t => {
  const model = new Model({ id: 'a', maxValueBytes: 100 })
  t.throws(() => model.set('cfg', { db: { max: undefined } }), /'cfg' can't be set to a value of type undefined/)
  t.throws(() => model.set('cfg', 'x'.repeat(200)), /'cfg' can't be set to a value larger than maxValueBytes allows/)
  const aborted = AbortSignal.abort()
  const error = await model.replicated({ signal: aborted }).catch((cause: unknown) => cause)
  t.equal((error as { code?: unknown }).code, 'ABORTED')
  await model.close()
})
