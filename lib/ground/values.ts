import { outOfRange, TendrilError, wrongType } from './errors.js'
import { utf8Length } from './ids.js'

/** What tendril replicates: JSON values, bytes, and integers of 64 bits. */
export type Value = null | boolean | number | string | bigint | Uint8Array | readonly Value[] | { readonly [key: string]: Value }

/** How deep arrays and objects may nest in a value. */
export const maxValueDepth = 100

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 64n - 1n

/**
 * The arrays and objects that hold bytes at some depth, noted when they are admitted or inspected: a value without any is
 * handed out as it is, and never walked for them.
 */
const holders = new WeakSet<object>()

/**
 * Takes a value that the user offers: checks it and copies it deeply, in one walk. The copy is frozen, apart from byte
 * arrays, which cannot be: {@link handOut} copies those. A negative zero becomes zero. `bytes` is the size of the value in
 * MessagePack.
 *
 * Whatever a getter or a proxy inside the value throws passes through.
 * @throws TypeError with code INVALID_ARGUMENT for what is no {@link Value}: functions, symbols, undefined (holes in
 * arrays too), cycles, NaN, infinities, text that is not well-formed Unicode, instances of classes
 * @throws RangeError with code INVALID_ARGUMENT for more than `maxBytes`, more than {@link maxValueDepth} levels, or a
 * bigint beyond 64 bits
 */
export function admitValue (value: unknown, maxBytes: number): { value: Value, bytes: number } {
  const walk: Walk = { left: maxBytes, byteArrays: 0, path: [] }
  return { value: admit(value, walk), bytes: maxBytes - walk.left }
}

/**
 * The same for a value that is to be set under a key, or whatever else is to be done: the error names the key, and that.
 * @throws TypeError | RangeError with code INVALID_ARGUMENT
 */
export function admitFor (key: string, value: unknown, maxBytes: number, what = 'set to'): Value {
  try {
    return admitValue(value, maxBytes).value
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT') error.message = `'${key}' can't be ${what} ${error.message}`
    throw error
  }
}

/**
 * Checks a value that a codec decoded from what a peer sent, by the rules of {@link admitValue}, without a copy: arrays
 * and objects are frozen where they are. Returns the size of the value in MessagePack.
 * @throws TendrilError with code BAD_FRAME
 */
export function inspectValue (value: unknown, maxBytes: number): number {
  try {
    const walk = { left: maxBytes, byteArrays: 0 }
    inspect(value, walk, 0)
    return maxBytes - walk.left
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TendrilError('BAD_FRAME', `A peer sent what is no value: ${reason}`, { cause })
  }
}

/**
 * A value that was admitted or inspected, as it is given to the user: byte arrays in it are copies, for they can't be
 * frozen, and what is written into them must not change what is held. All else is the value itself.
 */
export function handOut (value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (isBytes(value)) return new Uint8Array(value)
  if (!holders.has(value)) return value
  if (isList(value)) return Object.freeze(value.map(handOut))
  const copy: Record<string, Value> = {}
  for (const [key, item] of Object.entries(value)) put(copy, key, handOut(item))
  return Object.freeze(copy)
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

interface Tally {
  /** The bytes that a value may still take. */
  left: number
  /** How many byte arrays were met so far. */
  byteArrays: number
}

interface Walk extends Tally {
  /** The containers from the root to where the walk is. */
  readonly path: object[]
}

function admit (value: unknown, walk: Walk): Value {
  if (typeof value !== 'object' || value === null) {
    checkScalar(value)
    spend(walk, scalarBytes(value))
    return value === 0 ? 0 : value
  }
  if (!isBytes(value)) return admitContainer(value, walk)
  spendBytes(walk, value)
  return new Uint8Array(value)
}

function admitContainer (container: object, walk: Walk): Value {
  const { path } = walk
  if (path.includes(container)) throw wrongType('a value that contains itself')
  checkDepth(path.length)
  if (Object.getOwnPropertySymbols(container).length > 0) throw wrongType('an object with a symbol for a key')
  path.push(container)
  const { byteArrays } = walk
  const copy = Array.isArray(container) ? admitArray(container, walk) : admitObject(container, walk)
  path.pop()
  if (walk.byteArrays > byteArrays) holders.add(copy)
  return copy
}

function admitArray (array: readonly unknown[], walk: Walk): readonly Value[] {
  const { length } = array
  enterArray(array, length, walk)
  // Object.keys names what is there: fewer than the length means holes, more means properties that would get lost.
  if (Object.keys(array).length !== length) throw wrongType('an array with holes or named properties')
  const copy: Value[] = []
  for (let i = 0; i < length; i++) copy.push(admit(array[i], walk))
  return Object.freeze(copy)
}

function admitObject (object: object, walk: Walk): { readonly [key: string]: Value } {
  checkObject(object)
  const keys = Object.keys(object)
  spend(walk, prefixBytes(keys.length, 16))
  const copy: Record<string, Value> = {}
  for (const key of keys) {
    spend(walk, textBytes(key))
    put(copy, key, admit(object[key], walk))
  }
  return Object.freeze(copy)
}

/** Sets a property, of whatever name, as the object's own. */
function put (object: Record<string, Value>, key: string, value: Value): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true })
  else object[key] = value
}

/** What a codec decoded has neither symbols nor holes nor cycles. */
function inspect (value: unknown, walk: Tally, depth: number): void {
  if (typeof value !== 'object' || value === null) {
    checkScalar(value)
    spend(walk, scalarBytes(value))
    return
  }
  if (isBytes(value)) { spendBytes(walk, value); return }
  checkDepth(depth)
  const { byteArrays } = walk
  if (Array.isArray(value)) inspectArray(value, walk, depth)
  else inspectObject(value, walk, depth)
  Object.freeze(value)
  if (walk.byteArrays > byteArrays) holders.add(value)
}

function inspectArray (array: readonly unknown[], walk: Tally, depth: number): void {
  const { length } = array
  enterArray(array, length, walk)
  for (let i = 0; i < length; i++) inspect(array[i], walk, depth + 1)
}

function inspectObject (object: object, walk: Tally, depth: number): void {
  checkObject(object)
  const keys = Object.keys(object)
  spend(walk, prefixBytes(keys.length, 16))
  for (const key of keys) {
    spend(walk, textBytes(key))
    inspect(object[key], walk, depth + 1)
  }
}

function spend (walk: Tally, bytes: number): void {
  checkLeft(walk, bytes)
  walk.left -= bytes
}

function checkLeft ({ left }: Tally, bytes: number): void {
  if (bytes > left) throw outOfRange('a value larger than maxValueBytes allows')
}

function spendBytes (walk: Tally, bytes: Uint8Array): void {
  spend(walk, prefixBytes(bytes.length, 256) + bytes.length)
  walk.byteArrays++
}

/** Bounds the stack as well, and the search for a cycle. */
function checkDepth (depth: number): void {
  if (depth >= maxValueDepth) throw outOfRange(`a value of more than ${maxValueDepth} levels`)
}

function enterArray (array: readonly unknown[], length: number, walk: Tally): void {
  if (Object.getPrototypeOf(array) !== Array.prototype) throw wrongType('an array of a class of its own')
  spend(walk, prefixBytes(length, 16))
  // Every item takes a byte at least: a sparse array of four billion is refused before anyone walks it.
  checkLeft(walk, length)
}

function checkObject (object: object): asserts object is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    throw wrongType('an instance of a class (a Date, a Map, a RegExp): only plain objects, arrays and Uint8Array')
  }
}

type Scalar = null | boolean | number | string | bigint

function checkScalar (value: unknown): asserts value is Scalar {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
    throw wrongType(`a value of type ${typeof value}`)
  }
}

function scalarBytes (value: Scalar): number {
  switch (typeof value) {
    case 'string': return textBytes(value)
    case 'number': return numberBytes(value)
    case 'bigint':
      if (value < minInteger || value > maxInteger) throw outOfRange('a bigint beyond 64 bits')
      return 9
    default: return 1
  }
}

function textBytes (text: string): number {
  const bytes = utf8Length(text)
  // Pure ASCII is as long in UTF-8, and well-formed.
  if (bytes !== text.length && !text.isWellFormed()) throw wrongType('text that is not well-formed Unicode')
  return prefixBytes(bytes, 32) + bytes
}

/** MessagePack tells a length in the type's own byte where it is below `short`, else in one, two or four more. */
function prefixBytes (length: number, short: number): number {
  if (length < short) return short === 256 ? 2 : 1
  if (length < 256 && short === 32) return 2
  return length < 65_536 ? 3 : 5
}

function numberBytes (value: number): number {
  if (!Number.isFinite(value)) throw wrongType(`the number ${value}: numbers must be finite`)
  if (value < 128 && value >= -32 && Number.isInteger(value)) return 1
  if (!Number.isInteger(value) || value >= 2 ** 32 || value < -(2 ** 31)) return 9
  const magnitude = value < 0 ? -value * 2 - 1 : value
  return magnitude < 256 ? 2 : magnitude < 65_536 ? 3 : 5
}

/** By its tag, not by `instanceof`: a Uint8Array made in another realm (a `vm` context, a test runner) is one as well. */
function isBytes (value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && Reflect.get(value, Symbol.toStringTag) === 'Uint8Array'
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList (value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
