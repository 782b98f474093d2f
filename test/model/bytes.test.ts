import { MemoryLevel } from 'memory-level'
import test from 'tape'
import { Model } from '../../lib/index.js'
import type { Update, Value } from '../../lib/index.js'
import { closeAll, convergence, meet } from '../support/pairs.js'

// Byte arrays can't be frozen: whatever a user writes into one that was handed out changes nothing that is held.

type Nested = { readonly list: readonly [Uint8Array, string] }

const held = { bytes: Uint8Array.of(1, 2), nested: { list: [Uint8Array.of(3), 'text'] } }

/** Writes into every byte array that a value holds. */
function spoil (value: unknown): void {
  if (value instanceof Uint8Array) value.fill(99)
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(spoil)
}

function spoilAll (model: Model): void {
  for (const key of Object.keys(held)) spoil(model.get(key))
  for (const value of model.values()) spoil(value)
  for (const [, value] of model.entries()) spoil(value)
  for (const [, value] of model) spoil(value)
  spoil(model.toJSON())
}

/** Spoils whatever a model tells of. */
function spoilTold (model: Model): string[] {
  const told: string[] = []
  const spoiler = (how: string) => (value: Value | undefined, update: Update | undefined): void => {
    told.push(how)
    spoil(value)
    spoil(update?.value)
  }
  model.on('update', (_key, value, update) => { spoiler('update')(value, update) })
  model.watch('bytes', (value, _key, update) => { spoiler('watch')(value, update) })
  model.watch({ prefix: '' }, (value, _key, update) => { spoiler('prefix')(value, update) })
  return told
}

test('what is handed out is a copy: from get, iterators, events, watch, and the Update of set', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  const told = [spoilTold(a), spoilTold(b)]
  for (const [key, value] of Object.entries(held)) spoil(a.set(key, value).value)
  spoil(a.set('bytes', held.bytes).value)
  await meet(a, b)
  for (const model of [a, b]) {
    spoilAll(model)
    model.watch('bytes', value => { spoil(value) })
    t.deepEqual(model.toJSON(), held, model.id)
  }
  for (const each of told) t.deepEqual([...new Set(each)].sort(), ['prefix', 'update', 'watch'])
  await closeAll(a, b)
})

test('read, changed, and set again: a change, everywhere', async t => {
  const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
  a.set('bytes', held.bytes)
  a.set('nested', held.nested)
  await meet(a, b)
  const bytes = a.get('bytes') as Uint8Array
  const nested = a.get('nested') as Nested
  bytes[0] = 7
  nested.list[0][0] = 8
  t.deepEqual([a.set('bytes', bytes).version, a.set('nested', nested).version], [3, 4])
  await convergence(a, b)
  for (const model of [a, b]) t.deepEqual(model.toJSON(), { bytes: Uint8Array.of(7, 2), nested: { list: [Uint8Array.of(8), 'text'] } })
  await closeAll(a, b)
})

test('the same of what storage kept; and all else is frozen', async t => {
  const storage = new MemoryLevel()
  const first = new Model({ id: 'a', storage })
  for (const [key, value] of Object.entries(held)) first.set(key, value)
  await first.close()
  const watching = new Model({ id: 'a', storage })
  const told = spoilTold(watching)
  await watching.ready()
  spoilAll(watching)
  t.deepEqual(watching.toJSON(), held)
  t.deepEqual(told, ['watch', 'watch', 'prefix', 'prefix'])
  const nested = watching.get('nested') as Nested
  t.ok(Object.isFrozen(nested) && Object.isFrozen(nested.list))
  await watching.close()
})

test('a value without bytes is handed out as it is', async t => {
  const model = new Model()
  model.set('plain', { list: [1, { deep: 'text' }] })
  model.set('mixed', { plain: [1], bytes: Uint8Array.of(1) })
  t.equal(model.get('plain'), model.get('plain'))
  const [one, two] = [model.get('mixed'), model.get('mixed')] as Array<Record<string, Value>>
  t.notEqual(one, two)
  t.ok(Object.isFrozen(one))
  t.equal(one?.['plain'], two?.['plain'], 'no more is copied than has to be')
  await model.close()
})
