import { isUtf8 } from 'node:buffer'
import { badFrame, maxFrameDepth } from './bad-frame.js'
import { isFields } from './fields.js'
import { escapeValue, isPlain, unescapeValue } from './ndjson-escape.js'

/** One line of JSON: an array, in which bytes and bigints are escaped. */
export function encode (frame: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify(isPlain(frame) ? frame : escapeValue(frame)) + '\n')
}

/** @throws TendrilError with code BAD_FRAME */
export function decode (line: Buffer): unknown {
  if (!isUtf8(line)) throw badFrame('a line that is not UTF-8')
  const text = line.toString()
  const value = parse(text)
  // V8 parses without recursion, however deep the text nests; whoever gets the value may well recurse.
  if (typeof value === 'object' && value !== null && isDeep(value, maxFrameDepth)) {
    throw badFrame(`a frame of more than ${maxFrameDepth} levels`)
  }
  // The second way to write a dollar is JSON's, and a peer may use it.
  return text.includes('"$') || text.includes('\\u0024') ? unescapeValue(value) : value
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badFrame('a line that is not JSON', cause)
  }
}

/** Only what is an object is called upon: frames are mostly scalars, and this runs over all of them. */
function isDeep (value: object, levels: number): boolean {
  if (levels === 0) return true
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (typeof item === 'object' && item !== null && isDeep(item, levels - 1)) return true
    }
  } else if (isFields(value)) {
    for (const key in value) {
      const item = value[key]
      if (typeof item === 'object' && item !== null && isDeep(item, levels - 1)) return true
    }
  }
  return false
}
