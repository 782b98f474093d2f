import fc from 'fast-check'
import type { Value } from '../../lib/ground/values.js'

/** Keys that codecs trip over: prototype's names, escapes, and names that msgpackr or JSON treat in their own way. */
const awkwardKeys = ['__proto__', 'constructor', 'toJSON', 'hasOwnProperty', 'length', '$', '$bytes', '$bigint', '$$bytes', '', '0']

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('\ufeff' + 'x'.repeat(80), '\u0000', '"\\\n\r\u2028', '𝄞'.repeat(20), '$bytes', 'x'.repeat(300))
)

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(x => x === 0 ? 0 : x),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(2 ** 32, 2 ** 53, -(2 ** 31) - 1, 1e21, 5e-324, Number.MAX_VALUE, 127, 128, -32, -33, 255, 256, 65_536)
)

const bigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, -1n, 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n)
)

const bytes = fc.uint8Array({ maxLength: 300 })

/** Any value that may be replicated. */
export function arbitraryValue (): fc.Arbitrary<Value> {
  return fc.letrec<{ value: Value }>(again => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.constantFrom(null, true, false), text, number, bigint, bytes),
      fc.array(again('value')),
      object(again('value'))
    )
  })).value
}

function object (value: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom(...awkwardKeys))
  return fc.array(fc.tuple(key, value), { maxLength: 6 }).map(entries => {
    const made: Record<string, Value> = {}
    for (const [name, item] of entries) {
      Object.defineProperty(made, name, { value: item, enumerable: true, configurable: true, writable: true })
    }
    return made
  })
}
