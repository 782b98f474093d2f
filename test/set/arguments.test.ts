import test from 'tape'
import { MemoryLevel } from 'memory-level'
import { ConsistentSet } from '../../lib/index.js'
import type { ConsistentSetOptions } from '../../lib/index.js'
import { refusalOf } from '../support/failures.js'

const typeError = 'TypeError INVALID_ARGUMENT'
const rangeError = 'RangeError INVALID_ARGUMENT'

function construct (options: unknown): string {
  return refusalOf(() => new ConsistentSet(options as ConsistentSetOptions))
}

test('construction', t => {
  const wrongTypes: Record<string, unknown[]> = {
    id: [5, null, {}, '\ud800'],
    name: [5, null],
    secret: [5, null],
    storage: [5, null, {}, 'memory'],
    clock: [null, 5, {}],
    members: [5, null, 'a,b,c', {}, new Set(['a']), [5], ['a', null], ['a', '\ud800']],
    clusterSize: ['3', null, {}],
    tieBreaker: [1, null, 'yes'],
    maxKeyBytes: ['1', null],
    maxFrameBytes: ['1', null],
    maxStreams: ['1', null]
  }
  const outOfRange: Record<string, unknown[]> = {
    id: ['', 'x'.repeat(65)],
    name: ['', 'x'.repeat(1025)],
    members: [[], [''], ['a', 'a'], ['b', 'c'], Array.from({ length: 101 }, (_, i) => i === 0 ? 'a' : `m${i}`), ['x'.repeat(65), 'a']],
    clusterSize: [0, -1, 1.5, NaN, Infinity, 101],
    maxKeyBytes: [0, -1, 0.5, 2 ** 21],
    maxFrameBytes: [0, 1023, 130_000]
  }
  for (const [option, values] of Object.entries(wrongTypes)) {
    for (const value of values) t.equal(construct({ id: 'a', clusterSize: 1, [option]: value }), typeError, `${option}: ${String(value)}`)
  }
  for (const [option, values] of Object.entries(outOfRange)) {
    const size = option === 'members' ? {} : { clusterSize: 1 }
    for (const value of values) t.equal(construct({ id: 'a', ...size, [option]: value }), rangeError, `${option}: ${String(value).slice(0, 20)}`)
  }
  t.equal(construct(null), typeError)
  t.equal(construct(5), typeError)
  t.equal(construct({ id: 'a', members: ['a', 'b'], clusterSize: 3 }), rangeError, 'so many members are not named')
  t.equal(construct({ members: ['a', 'b'] }), rangeError, 'which of them is this?')
  for (const options of [undefined, {}, { clusterSize: 3 }, { id: 'a', members: ['b', 'a'] }, { id: 'a', members: ['a', 'b'], clusterSize: 2, tieBreaker: false, secret: 's', storage: new MemoryLevel() }]) {
    t.equal(construct(options), 'taken')
  }
  t.end()
})

test('calls', async t => {
  const set = new ConsistentSet({ id: 'a', clusterSize: 1, maxKeyBytes: 8 })
  const methods = ['add', 'rem', 'has', 'holder'] as const
  for (const method of methods) {
    const call = (...args: unknown[]): string => refusalOf(() => (set as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args))
    for (const element of [undefined, null, 5, {}, ['x'], Symbol('x'), '\ud800']) t.equal(call(element), typeError, `${method}: ${typeof element}`)
    for (const element of ['', 'x'.repeat(9), 'ü'.repeat(5)]) t.equal(call(element), rangeError)
    for (const options of [null, 5, 'token', true]) t.equal(call('x', options), typeError, `${method}('x', ${String(options)})`)
    for (const callback of [null, 5, {}, 'done']) t.equal(call('x', {}, callback), typeError, `${method}: a callback ${typeof callback}`)
    for (const options of [{ timeout: '5' }, { timeout: null }, { signal: {} }, { signal: null }]) t.equal(call('x', options), typeError, JSON.stringify(options))
    for (const timeout of [-1, NaN, Infinity, 2 ** 31]) t.equal(call('x', { timeout }), rangeError, `timeout: ${timeout}`)
  }
  for (const method of ['add', 'rem'] as const) {
    for (const token of [5, null, {}, '\ud800']) t.equal(refusalOf(() => set[method]('x', { token: token as string })), typeError)
    for (const token of ['', 'x'.repeat(257), 'ü'.repeat(129)]) t.equal(refusalOf(() => set[method]('x', { token })), rangeError)
  }
  t.equal(set.status().queued, 0, 'nothing of this was done')
  t.equal((await set.add('x'.repeat(8), { token: 'ü'.repeat(128), timeout: 1_000.5, signal: new AbortController().signal })).element, 'x'.repeat(8))
  t.equal(await set.has(' \0ü!'), false, 'any text is an element')
  await set.close()
})
