import test from 'tape'
import { MemoryLevel } from 'memory-level'
import { Membership } from '../../lib/index.js'
import type { MembershipOptions } from '../../lib/index.js'
import { refusalOf } from '../support/failures.js'

const typeError = 'TypeError INVALID_ARGUMENT'
const rangeError = 'RangeError INVALID_ARGUMENT'

function construct (options: unknown): string {
  return refusalOf(() => new Membership(options as MembershipOptions))
}

test('construction', t => {
  const wrongTypes: Record<string, unknown[]> = {
    id: [5, null, {}, '\ud800'],
    name: [5, null],
    cluster: [5, null, '\ud800'],
    secret: [5, null, {}],
    storage: [5, null, {}, 'memory'],
    durable: [1, null, 'yes'],
    clock: [null, 5, {}, { monotonic: () => 0 }],
    address: [5, null, {}, '\ud800'],
    facts: [null, 5, 'role', ['role'], new Map([['role', 'db']])],
    dial: [null, 5, 'tcp://', {}],
    heartbeatMs: ['1000', null, {}],
    phiThreshold: ['8', null, NaN],
    suspectMs: ['2400', null],
    retentionMs: ['1', null],
    maxKeyBytes: ['1', null],
    maxValueBytes: ['1', null],
    maxFrameBytes: ['1', null],
    maxStreams: ['1', null]
  }
  const outOfRange: Record<string, unknown[]> = {
    id: ['', 'x'.repeat(65), 'ü'.repeat(33)],
    name: ['', 'x'.repeat(1025)],
    cluster: ['x'.repeat(65)],
    secret: ['', new Uint8Array(0)],
    address: ['', 'x'.repeat(1025)],
    heartbeatMs: [0, -1, 9, NaN, Infinity, 10.5, 86_400_001],
    phiThreshold: [0, -1, 101, Infinity],
    suspectMs: [-1, NaN, Infinity, 0.5],
    retentionMs: [0, -1, NaN, Infinity, 0.5],
    maxKeyBytes: [0, -1, 0.5, 2 ** 21],
    maxValueBytes: [0, -1],
    maxFrameBytes: [0, 1023, 100_000],
    maxStreams: [0, -1]
  }
  for (const [option, values] of Object.entries(wrongTypes)) {
    for (const value of values) t.equal(construct({ [option]: value }), typeError, `${option}: ${String(value)}`)
  }
  for (const [option, values] of Object.entries(outOfRange)) {
    for (const value of values) t.equal(construct({ [option]: value }), rangeError, `${option}: ${String(value).slice(0, 20)}`)
  }
  t.equal(construct(null), typeError)
  t.equal(construct(5), typeError)
  for (const options of [undefined, {}, { suspectMs: 0, heartbeatMs: 10, phiThreshold: 0.1, retentionMs: 1 }, { id: 'x'.repeat(64), facts: {}, secret: 's', storage: new MemoryLevel() }]) {
    t.equal(construct(options), 'taken')
  }
  t.end()
})

test('facts at construction', t => {
  const facts = (facts: unknown): string => construct({ facts, maxKeyBytes: 8, maxValueBytes: 1_000 })
  t.equal(facts({ role: undefined }), typeError)
  t.equal(facts({ role: () => {} }), typeError)
  t.equal(facts({ role: new Date() }), typeError)
  t.equal(facts({ '': 1 }), rangeError)
  t.equal(facts({ 'too long a key': 1 }), rangeError)
  t.equal(facts({ role: 'x'.repeat(1_000) }), rangeError)
  interface Service { role: string, port?: number }
  const service: Service = { role: 'db', port: 80 }
  t.equal(refusalOf(() => new Membership({ facts: service })), 'taken', 'an interface is a type of facts')
  t.equal(facts({ role: 'db', zero: 0, none: null, bytes: Uint8Array.of(1) }), 'taken')
  t.end()
})

test('keys and values of set, delete and find', async t => {
  const members = new Membership({ id: 'a', maxKeyBytes: 4, maxValueBytes: 1_000 })
  const calls: Record<string, (key: string) => unknown> = {
    set: key => members.set(key, 1),
    delete: key => members.delete(key),
    find: key => members.find(key),
    version: key => members.version(key)
  }
  for (const [what, call] of Object.entries(calls)) {
    const refused = (key: unknown): string => refusalOf(() => call(key as string))
    for (const key of ['', '12345', 'üüü']) t.equal(refused(key), rangeError, `${what} '${key}'`)
    for (const key of ['\udc00', 5, undefined, null, {}]) t.equal(refused(key), typeError, `${what} ${typeof key}`)
    t.equal(refused('1234'), 'taken')
  }
  const before = members.self.facts.size
  const set = (value: unknown): string => refusalOf(() => { members.set('k', value) })
  for (const value of [undefined, () => {}, Symbol('s'), NaN, Infinity, new Date(), new Map(), new Set(), /x/, [undefined], { a: undefined }]) t.equal(set(value), typeError)
  for (const value of ['x'.repeat(1_000), 2n ** 64n]) t.equal(set(value), rangeError)
  t.equal(members.self.facts.size, before, 'nothing was changed')
  for (const value of [() => {}, NaN, new Date(), [undefined]]) t.equal(refusalOf(() => members.find('k', value)), typeError, 'find')
  t.match(messageOf(() => members.find('k', () => {})), /^'k' can't be compared with a value of type function/)
  await members.close()
})

test('options of set and delete', async t => {
  const members = new Membership({ id: 'a' })
  const set = (options: unknown): string => refusalOf(() => { members.set('k', 1, options as object) })
  const remove = (options: unknown): string => refusalOf(() => { members.delete('k', options as object) })
  for (const ttl of [0, -1, NaN, Infinity]) t.equal(set({ ttl }), rangeError)
  for (const ttl of ['5', null, {}]) t.equal(set({ ttl }), typeError)
  for (const call of [set, remove]) {
    for (const ifVersion of [-1, 0.5, NaN, Infinity, 2 ** 53]) t.equal(call({ ifVersion }), rangeError)
    for (const ifVersion of ['1', null, {}]) t.equal(call({ ifVersion }), typeError)
    t.equal(call(null), typeError)
    t.equal(call(5), typeError)
  }
  t.equal(members.fact('a', 'k'), undefined, 'nothing was changed')
  t.equal(set({ ttl: 0.5, ifVersion: 0 }), 'taken')
  await members.close()
})

test('ids, streams and callbacks', async t => {
  const members = new Membership({ id: 'a' })
  for (const act of [(id: unknown) => { members.fail(id as string) }, (id: unknown) => { members.evict(id as string) }]) {
    for (const id of [5, null, undefined, {}]) t.equal(refusalOf(() => { act(id) }), typeError)
    for (const id of ['', 'x'.repeat(65)]) t.equal(refusalOf(() => { act(id) }), rangeError)
    t.equal(refusalOf(() => { act('nobody') }), 'Error NOT_MEMBER')
  }
  t.equal(refusalOf(() => { members.evict('a') }), rangeError, 'a member does not put itself out')
  const stream = (options: unknown): string => refusalOf(() => members.createStream(options as object))
  for (const options of [null, 5, { codec: 'xml' }, { readable: 1 }, { writable: 'no' }, { tail: null }, { signal: {} }]) t.equal(stream(options), typeError)
  t.equal(members.stats().streams, 0)
  for (const callback of ['nonsense', null, {}, 5] as unknown[] as Array<() => void>) {
    for (const call of [() => { members.ready(callback) }, () => { members.leave({}, callback) }, () => { members.flush(callback) }, () => { members.close(callback) }]) {
      t.equal(refusalOf(call), typeError)
    }
  }
  t.equal(members.set('k', 1) > 0, true, 'it is open still')
  const reads: Record<string, (id: string) => unknown> = {
    get: id => members.get(id),
    facts: id => members.facts(id),
    fact: id => members.fact(id, 'k'),
    'key of fact': key => members.fact('a', key),
    explain: id => members.explain(id)
  }
  for (const [what, read] of Object.entries(reads)) {
    for (const id of ['nobody', '', '__proto__', 'x'.repeat(100)]) t.equal(read(id), undefined, `${what}: there is none`)
    for (const id of [5, null, undefined, {}]) t.equal(refusalOf(() => read(id as string)), typeError, `${what}: ${typeof id}`)
  }
  await members.close()
})

test('messages say what the user knows', async t => {
  const members = new Membership({ id: 'a' })
  await members.close()
  t.equal(messageOf(() => members.set('k', 1)), 'this Membership is closed')
  t.equal(members.createStream().errored?.message, 'a closed structure has no streams')
})

function messageOf (call: () => unknown): string {
  try {
    call()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
