import { badFrame } from './bad-frame.js'
import { isFields } from './fields.js'

// JSON has neither bytes nor integers beyond 2^53. Both travel as an object with one key that begins with a dollar:
//
//   bytes     {"$bytes":"AQID"}        base64
//   bigint    {"$bigint":"-12"}        decimal
//
// An object of the user's with one key that begins with a dollar gets another dollar in front ({"$set":1} travels as
// {"$$set":1}), so that nothing a user stores is ever taken for an escape. Objects with more keys are left alone.

const dollar = '$'.charCodeAt(0)

/** Whether JSON carries this as it is. Escaping copies a frame, and few need it. */
export function isPlain (value: object): boolean {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (typeof item === 'object' ? item !== null && !isPlain(item) : typeof item === 'bigint') return false
    }
    return true
  }
  if (!isFields(value)) return false
  for (const key in value) {
    const item = value[key]
    if (key.charCodeAt(0) === dollar) return false
    if (typeof item === 'object' ? item !== null && !isPlain(item) : typeof item === 'bigint') return false
  }
  return true
}

/** A copy that JSON can carry. */
export function escapeValue (value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  }
  if (Array.isArray(value)) return value.map(escapeValue)
  const fields = Object.entries(value)
  const [only] = fields
  if (fields.length === 1 && only?.[0].startsWith('$') === true) return { [`$${only[0]}`]: escapeValue(only[1]) }
  return Object.fromEntries(fields.map(([key, item]) => [key, escapeValue(item)]))
}

/**
 * Undoes {@link escapeValue}, in place where there is a place.
 * @throws TendrilError with code BAD_FRAME for an escape that nobody would have written
 */
export function unescapeValue (value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: unknown[] = value
    for (let i = 0; i < items.length; i++) items[i] = unescapeValue(items[i])
    return items
  }
  const fields = Object.entries(value)
  const [only] = fields
  if (fields.length === 1 && only?.[0].startsWith('$') === true) return unescapeField(only[0], only[1])
  return Object.fromEntries(fields.map(([key, item]) => [key, unescapeValue(item)]))
}

function unescapeField (key: string, item: unknown): unknown {
  if (key.startsWith('$$')) return { [key.slice(1)]: unescapeValue(item) }
  if (key === '$bytes' && typeof item === 'string') return bytesOf(item)
  if (key === '$bigint' && typeof item === 'string') return bigintOf(item)
  throw badFrame(`an unknown escape, ${key.slice(0, 20)}`)
}

function bytesOf (base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64')
  // Node skips what is no base64; what it would not have written itself is refused.
  if (bytes.toString('base64') !== base64) throw badFrame('bytes that are not base64')
  return new Uint8Array(bytes)
}

/** The longest of 64 bits has twenty digits or a sign and nineteen; parsing thousands would take a peer's word for it. */
const decimal = /^(?:0|-?[1-9][0-9]{0,19})$/

function bigintOf (text: string): bigint {
  if (!decimal.test(text)) throw badFrame('a bigint that is not a decimal of 64 bits')
  return BigInt(text)
}
