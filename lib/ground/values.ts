import { outOfRange, TendrilError, wrongType } from './errors.js'
import { utf8Length } from './ids.js'

/** What tendril replicates: JSON values, bytes, and integers of 64 bits. */
export type Value = null | boolean | number | string | bigint | Uint8Array | readonly Value[] | { readonly [key: string]: Value }

/** How deep arrays and objects may nest in a value. */
export const maxValueDepth = 100

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 64n - 1n

/**
 * Takes a value that the user offers: checks it and copies it deeply, in one walk. The copy is frozen, apart from byte
 * arrays, which cannot be. A negative zero becomes zero. `bytes` is the size of the value in MessagePack.
 *
 * Whatever a getter or a proxy inside the value throws passes through.
 * @throws TypeError with code INVALID_ARGUMENT for what is no {@link Value}: functions, symbols, undefined (holes in
 * arrays too), cycles, NaN, infinities, text that is not well-formed Unicode, instances of classes
 * @throws RangeError with code INVALID_ARGUMENT for more than `maxBytes`, more than {@link maxValueDepth} levels, or a
 * bigint beyond 64 bits
 */
export function admitValue (value: unknown, maxBytes: number): { value: Value, bytes: number } {
  const walk = new Walk(maxBytes)
  return { value: admit(value, walk), bytes: maxBytes - walk.left }
}

/**
 * Checks a value that a codec decoded from what a peer sent, by the rules of {@link admitValue}, without a copy: arrays
 * and objects are frozen where they are. Returns the size of the value in MessagePack.
 * @throws TendrilError with code BAD_FRAME
 */
export function inspectValue (value: unknown, maxBytes: number): number {
  const walk = new Walk(maxBytes)
  try {
    inspect(value, walk)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TendrilError('BAD_FRAME', `A peer sent what is no value: ${reason}`, { cause })
  }
  return maxBytes - walk.left
}

/** Whether two values are equal, deeply. The order of keys is nothing to it; a number never equals a bigint. */
export function sameValue (a: Value, b: Value): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (isBytes(a)) return isBytes(b) && sameBytes(a, b)
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => sameItem(item, b[i]))
  if (isBytes(b) || isList(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && sameItem(a[key], b[key]))
}

function sameItem (a: Value | undefined, b: Value | undefined): boolean {
  return a !== undefined && b !== undefined && sameValue(a, b)
}

function sameBytes (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** The way from a value's root to where its walk is, and the bytes that it may still take. */
class Walk {
  readonly #path: object[] = []
  left: number

  constructor (maxBytes: number) {
    this.left = maxBytes
  }

  spend (bytes: number): void {
    this.left -= bytes
    if (this.left < 0) throw outOfRange('a value larger than allowed')
  }

  /** At most {@link maxValueDepth} levels: this bounds the stack, and the search for a cycle. */
  enter (container: object): void {
    if (this.#path.includes(container)) throw wrongType('a value that contains itself')
    if (this.#path.length >= maxValueDepth) throw outOfRange(`a value of more than ${maxValueDepth} levels`)
    this.#path.push(container)
  }

  leave (): void {
    this.#path.pop()
  }
}

function admit (value: unknown, walk: Walk): Value {
  if (typeof value !== 'object' || value === null) return scalar(value, walk)
  if (isBytes(value)) {
    walk.spend(prefixBytes(value.length, 256) + value.length)
    return new Uint8Array(value)
  }
  walk.enter(value)
  const copy = Array.isArray(value) ? admitArray(value, walk) : admitObject(value, walk)
  walk.leave()
  return copy
}

function admitArray (array: readonly unknown[], walk: Walk): Value {
  const length = checkArray(array, walk)
  // Object.keys names what is there: fewer than the length means holes, more means properties that would get lost.
  if (Object.keys(array).length !== length) throw wrongType('an array with holes or named properties')
  const copy: Value[] = []
  for (let i = 0; i < length; i++) copy.push(admit(array[i], walk))
  return Object.freeze(copy)
}

function admitObject (object: object, walk: Walk): Value {
  checkObject(object)
  const keys = Object.keys(object)
  walk.spend(prefixBytes(keys.length, 16))
  const copy: Record<string, Value> = {}
  for (const key of keys) {
    walk.spend(textBytes(key))
    const value = admit(object[key], walk)
    if (key === '__proto__') Object.defineProperty(copy, key, { value, enumerable: true })
    else copy[key] = value
  }
  return Object.freeze(copy)
}

function inspect (value: unknown, walk: Walk): void {
  if (typeof value !== 'object' || value === null) {
    scalar(value, walk)
  } else if (isBytes(value)) {
    walk.spend(prefixBytes(value.length, 256) + value.length)
  } else {
    walk.enter(value)
    if (Array.isArray(value)) inspectArray(value, walk)
    else inspectObject(value, walk)
    walk.leave()
    Object.freeze(value)
  }
}

function inspectArray (array: readonly unknown[], walk: Walk): void {
  const length = checkArray(array, walk)
  for (let i = 0; i < length; i++) inspect(array[i], walk)
}

function inspectObject (object: object, walk: Walk): void {
  checkObject(object)
  const keys = Object.keys(object)
  walk.spend(prefixBytes(keys.length, 16))
  for (const key of keys) {
    walk.spend(textBytes(key))
    inspect(object[key], walk)
  }
}

function checkArray (array: readonly unknown[], walk: Walk): number {
  if (Object.getPrototypeOf(array) !== Array.prototype) throw wrongType('an array of a class of its own')
  checkSymbols(array)
  const length = array.length
  walk.spend(prefixBytes(length, 16))
  // Every item takes a byte at least: a sparse array of four billion is refused before anyone walks it.
  if (length > walk.left) throw outOfRange('a value larger than allowed')
  return length
}

function checkObject (object: object): asserts object is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    throw wrongType('an instance of a class (a Date, a Map, a RegExp): only plain objects, arrays and Uint8Array')
  }
  checkSymbols(object)
}

function checkSymbols (object: object): void {
  if (Object.getOwnPropertySymbols(object).length > 0) throw wrongType('an object with a symbol for a key')
}

function scalar (value: unknown, walk: Walk): null | boolean | number | string | bigint {
  if (value === null || typeof value === 'boolean') {
    walk.spend(1)
    return value
  }
  switch (typeof value) {
    case 'string':
      walk.spend(textBytes(value))
      return value
    case 'number':
      if (!Number.isFinite(value)) throw wrongType(`${value}: numbers must be finite`)
      walk.spend(numberBytes(value))
      return value === 0 ? 0 : value
    case 'bigint':
      if (value < minInteger || value > maxInteger) throw outOfRange('a bigint beyond 64 bits')
      walk.spend(9)
      return value
    default:
      throw wrongType(`a value of type ${typeof value}`)
  }
}

function textBytes (text: string): number {
  if (!text.isWellFormed()) throw wrongType('text that is not well-formed Unicode')
  const bytes = utf8Length(text)
  return prefixBytes(bytes, 32) + bytes
}

/** MessagePack tells a length in the type's own byte where it is below `short`, else in one, two or four more. */
function prefixBytes (length: number, short: number): number {
  if (length < short) return short === 256 ? 2 : 1
  if (length < 256 && short === 32) return 2
  return length < 65_536 ? 3 : 5
}

function numberBytes (value: number): number {
  if (!Number.isInteger(value) || value >= 2 ** 32 || value < -(2 ** 31)) return 9
  const size = value < 0 ? -value * 2 - 1 : value
  if (value < 128 && value >= -32) return 1
  return size < 256 ? 2 : size < 65_536 ? 3 : 5
}

/** By its tag, not by `instanceof`: a Uint8Array made in another realm (a `vm` context, a test runner) is one as well. */
function isBytes (value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && Reflect.get(value, Symbol.toStringTag) === 'Uint8Array'
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList (value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
