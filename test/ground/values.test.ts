import fc from 'fast-check'
import { Packr } from 'msgpackr'
import vm from 'node:vm'
import test from 'tape'
import { TendrilError } from '../../lib/ground/errors.js'
import { admitValue, inspectValue, maxValueDepth, sameValue } from '../../lib/ground/values.js'
import type { Value } from '../../lib/ground/values.js'
import { arbitraryValue } from './arbitrary-value.js'

const plenty = 1 << 20

function refusal (act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

function nest (levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { in: value }
  return value
}

function cycle (): unknown {
  const inner: unknown[] = []
  const outer = { inner }
  inner.push(outer)
  return outer
}

function holed (): unknown[] {
  const array: unknown[] = [1]
  array[2] = 3
  return array
}

class Point { x = 1 }

/** What no codec makes, so that nobody looks for it in what a peer sent. */
const onlyOffered: Record<string, () => unknown> = {
  'a named property': () => Object.assign([1, 3], { name: 1 }),
  'a symbol key': () => ({ [Symbol('s')]: 1 })
}

const notValues: Record<string, () => unknown> = {
  undefined: () => undefined,
  'undefined inside': () => ({ a: [1, undefined] }),
  'a hole': holed,
  'a hole and a named property': () => Object.assign(holed(), { name: 1 }),
  'a function': () => ({ f: () => 1 }),
  'a symbol': () => [Symbol('s')],
  NaN: () => NaN,
  Infinity: () => [Infinity],
  '-Infinity': () => -Infinity,
  'a Date': () => new Date(0),
  'a Map': () => ({ a: new Map() }),
  'a Set': () => new Set([1]),
  'a RegExp': () => /x/,
  'a class instance': () => new Point(),
  'a boxed number': (): unknown => Object(1),
  'an Error': () => new Error('x'),
  'an ArrayBuffer': () => new ArrayBuffer(1),
  'a Float64Array': () => new Float64Array(1),
  'a DataView': () => new DataView(new ArrayBuffer(1)),
  'an array of a class of its own': () => new (class Mine extends Array {})(),
  'a cycle': cycle,
  'a lone surrogate': () => 'a\ud800',
  'a lone surrogate in a key': () => ({ '\udc00': 1 })
}

const outOfBounds: Record<string, () => unknown> = {
  '2^64': () => 2n ** 64n,
  '-2^63 - 1': () => [-(2n ** 63n) - 1n],
  'too many levels': () => nest(maxValueDepth + 1),
  '200,000 levels': () => nest(200_000),
  'a long string': () => 'x'.repeat(plenty),
  'many bytes': () => new Uint8Array(plenty),
  'a sparse array of four billion': () => new Array<unknown>(2 ** 32 - 1),
  'the same megabyte over and over': () => new Array<unknown>(1000).fill('x'.repeat(2000))
}

test('what is no value is refused with a TypeError, and from a peer as BAD_FRAME', t => {
  for (const [name, make] of Object.entries({ ...notValues, ...onlyOffered })) {
    const error = refusal(() => admitValue(make(), plenty))
    t.ok(error instanceof TypeError && Reflect.get(error, 'code') === 'INVALID_ARGUMENT', `${name}: ${String(error)}`)
  }
  for (const [name, make] of Object.entries(notValues)) {
    const remote = refusal(() => inspectValue(make(), plenty))
    t.ok(remote instanceof TendrilError && remote.code === 'BAD_FRAME', `${name}, from a peer`)
  }
  t.end()
})

test('what is out of bounds is refused with a RangeError, and from a peer as BAD_FRAME', t => {
  for (const [name, make] of Object.entries(outOfBounds)) {
    const error = refusal(() => admitValue(make(), plenty))
    const code: unknown = error instanceof Error && Reflect.get(error, 'code')
    t.ok(error instanceof RangeError && code === 'INVALID_ARGUMENT', `${name}: ${String(error)}`)
    const remote = refusal(() => inspectValue(make(), plenty))
    t.ok(remote instanceof TendrilError && remote.code === 'BAD_FRAME', `${name}, from a peer`)
  }
  t.ok(admitValue(nest(maxValueDepth), plenty), `${maxValueDepth} levels are fine`)
  t.end()
})

test('an admitted value is a deep frozen copy', t => {
  const bytes = Buffer.from([1, 2, 3])
  const offered = { list: [1, { deep: true }], bytes, big: 7n, x: null }
  const { value } = admitValue(offered, plenty)
  offered.list.push(2)
  bytes[0] = 9
  t.ok(sameValue(value, { list: [1, { deep: true }], bytes: new Uint8Array([1, 2, 3]), big: 7n, x: null }))
  const frozen = (part: Value | undefined): boolean => part instanceof Uint8Array || (Object.isFrozen(part) &&
    (typeof part !== 'object' || part === null || Object.values(part).every(frozen)))
  t.ok(frozen(value), 'frozen all through')
  t.equal(Object.getPrototypeOf(Reflect.get(Object(value), 'bytes')), Uint8Array.prototype, 'a Buffer becomes a Uint8Array')
  t.end()
})

test('an own __proto__ key stays an own key', t => {
  const offered: unknown = JSON.parse('{"__proto__":{"polluted":1},"a":2}')
  const { value } = admitValue(offered, plenty)
  t.deepEqual(Object.keys(value ?? {}), ['__proto__', 'a'])
  t.equal(Object.getPrototypeOf(value), Object.prototype)
  t.equal(Reflect.get(Object(value), 'polluted'), undefined)
  t.ok(sameValue(value, value))
  t.notOk(sameValue(value, { a: 2 }))
  t.end()
})

test('a negative zero becomes zero; objects without a prototype and bytes of another realm are fine', t => {
  const bare: unknown = Object.setPrototypeOf({ a: 1 }, null)
  t.ok(Object.is(admitValue(-0, plenty).value, 0))
  t.ok(sameValue(admitValue(bare, plenty).value, { a: 1 }))
  t.ok(sameValue(admitValue(vm.runInNewContext('new Uint8Array([1, 2])'), plenty).value, new Uint8Array([1, 2])))
  t.end()
})

test('accessors are read once; what a getter throws passes through', t => {
  let reads = 0
  admitValue({ get a () { return ++reads } }, plenty)
  t.equal(reads, 1)
  const error = new Error('mine')
  t.equal(refusal(() => admitValue({ get a () { throw error } }, plenty)), error)
  t.end()
})

test('the size of a value is what it takes in MessagePack', t => {
  const packr = new Packr({ useRecords: false, variableMapSize: true, useToJSON: false })
  fc.assert(fc.property(arbitraryValue(), offered => {
    const { value, bytes } = admitValue(offered, plenty)
    const packed = packr.pack(value).length
    return bytes === inspectValue(value, plenty) && bytes === packed
  }))
  for (const edge of [127, 128, -32, -33, -128, -129, 255, 256, 65_535, 65_536, -32_768, -32_769, 2 ** 31, -(2 ** 31), 2 ** 32, 0.5]) {
    t.equal(admitValue(edge, plenty).bytes, packr.pack(edge).length, String(edge))
  }
  t.equal(admitValue('x'.repeat(97), 99).bytes, 99, 'exactly what is allowed')
  t.ok(refusal(() => admitValue('x'.repeat(98), 99)) instanceof RangeError, 'one more')
  t.end()
})

test('sameValue', t => {
  fc.assert(fc.property(arbitraryValue(), offered => sameValue(offered, admitValue(offered, plenty).value)))
  t.ok(sameValue({ a: 1, b: [2] }, { b: [2], a: 1 }), 'the order of keys is nothing')
  const different: Array<[Value, Value]> = [
    [1, 1n], [1, '1'], [null, {}], [[], {}], [{}, []], [[1], [1, 2]], [{ a: 1 }, { b: 1 }], [{ a: 1 }, { a: 1, b: 1 }],
    [new Uint8Array([1]), new Uint8Array([2])], [new Uint8Array(1), new Uint8Array(2)], [new Uint8Array(1), [0]],
    [{ 0: 1 }, new Uint8Array([1])], [{ toString: 1 }, { valueOf: 1 }]
  ]
  for (const [a, b] of different) t.notOk(sameValue(a, b))
  t.end()
})
