import { outOfRange, wrongType } from './errors.js'

export const maxIdBytes = 64

/** The number of bytes that `text` takes in UTF-8, without encoding it. */
export function utf8Length (text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit >= 0xd800 && unit < 0xdc00) { bytes += 2; i++ } else bytes += 2
  }
  return bytes
}

/** Whether `text` is well-formed Unicode, not empty, and at most `maxBytes` long in UTF-8. */
export function isName (text: unknown, maxBytes: number): text is string {
  return typeof text === 'string' && text.length > 0 && text.length <= maxBytes && text.isWellFormed() &&
    (text.length * 3 <= maxBytes || utf8Length(text) <= maxBytes)
}

/**
 * Checks a name that the user gave (an id, a key, a channel's name).
 * @throws TypeError | RangeError with code INVALID_ARGUMENT
 */
export function checkName (what: string, text: unknown, maxBytes: number): asserts text is string {
  if (typeof text !== 'string') throw wrongType(`${what} must be a string, not ${typeof text}`)
  if (text.length === 0) throw outOfRange(`${what} must not be empty`)
  if (!text.isWellFormed()) throw wrongType(`${what} must be well-formed Unicode`)
  if (!isName(text, maxBytes)) throw outOfRange(`${what} must be at most ${maxBytes} bytes in UTF-8`)
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'

/** A random identifier of `length` characters from 0-9 and a-z: 16 of them carry 82 bits. */
export function randomId (random: () => number, length = 16): string {
  let id = ''
  for (let i = 0; i < length; i++) id += alphabet.charAt(Math.floor(random() * alphabet.length))
  return id
}
