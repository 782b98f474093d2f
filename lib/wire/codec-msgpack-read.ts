import { isUtf8 } from 'node:buffer'
import { badFrame, maxFrameDepth } from './bad-frame.js'

/** Up to this length V8 copies a substring; a longer one would keep the text of its whole frame alive. */
const copiedSubstring = 12

/** A loop finds out faster than a native call whether a string up to this length is ASCII. */
const loopedString = 48

const cachedKeys = 256

/**
 * Reads the MessagePack of a peer: checks and builds in one pass, in time linear in the bytes.
 *
 * msgpackr writes our frames but does not read them. Its decoder revives dates, errors, sets and records from extension
 * types, renames `__proto__` keys, loses a byte order mark wherever its native part is not installed, and hands out
 * strings and buffers that keep the frame they came in alive. The dozen types that frames are made of are read here, and
 * none else. Nothing is allocated for a length that the bytes present cannot fill, and nesting ends at
 * {@link maxFrameDepth}.
 */
export class MsgpackReader {
  private bytes: Buffer = Buffer.alloc(0)
  private view = viewOf(this.bytes)
  /** The whole frame as Latin-1, made once a short string wants a part of it. */
  private text: string | undefined
  private at = 0
  /** Object keys met lately, by a cheap hash: they recur in every record, and V8 is quick with a key that it knows. */
  private readonly keys = new Array<string>(cachedKeys).fill('')

  /** @throws TendrilError with code BAD_FRAME */
  read (bytes: Buffer): unknown {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.text = undefined
    this.at = 0
    const value = this.value(0)
    if (this.at !== bytes.length) throw badFrame('bytes after the end of a frame')
    this.text = undefined
    return value
  }

  private value (depth: number): unknown {
    const token = this.uint8()
    if (token < 0x80) return token
    if (token >= 0xe0) return token - 0x100
    if (token < 0x90) return this.map(token & 0x0f, depth)
    if (token < 0xa0) return this.array(token & 0x0f, depth)
    if (token < 0xc0) return this.string(token & 0x1f)
    switch (token) {
      case 0xc0: return null
      case 0xc2: return false
      case 0xc3: return true
      case 0xc4: return this.binary(this.uint8())
      case 0xc5: return this.binary(this.uint16())
      case 0xc6: return this.binary(this.uint32())
      // Adding zero turns a negative zero into zero: here the two are one value.
      case 0xca: return this.view.getFloat32(this.take(4)) + 0
      case 0xcb: return this.view.getFloat64(this.take(8)) + 0
      case 0xcc: return this.uint8()
      case 0xcd: return this.uint16()
      case 0xce: return this.uint32()
      // Integers of 64 bits are bigints, however small: numbers of that size travel as floats.
      case 0xcf: return this.view.getBigUint64(this.take(8))
      case 0xd0: return this.view.getInt8(this.take(1))
      case 0xd1: return this.view.getInt16(this.take(2))
      case 0xd2: return this.view.getInt32(this.take(4))
      case 0xd3: return this.view.getBigInt64(this.take(8))
      case 0xdc: return this.array(this.uint16(), depth)
      case 0xdd: return this.array(this.uint32(), depth)
      case 0xde: return this.map(this.uint16(), depth)
      case 0xdf: return this.map(this.uint32(), depth)
      default: return this.string(this.longLength(token))
    }
  }

  private array (length: number, depth: number): unknown[] {
    this.enter(length, depth)
    const array: unknown[] = []
    for (let i = 0; i < length; i++) array.push(this.value(depth + 1))
    return array
  }

  private map (size: number, depth: number): object {
    this.enter(size * 2, depth)
    const object: Record<string, unknown> = {}
    for (let i = 0; i < size; i++) {
      const key = this.key()
      const value = this.value(depth + 1)
      if (key === '__proto__') defineOwn(object, key, value)
      else object[key] = value
    }
    return object
  }

  private key (): string {
    const token = this.uint8()
    if (token < 0xa0 || token >= 0xc0) return this.string(this.longLength(token))
    const length = token & 0x1f
    const known = this.keys[this.slot(length)]
    if (known === undefined || !this.follows(known, length)) return this.uncachedKey(length)
    this.at += length
    return known
  }

  private uncachedKey (length: number): string {
    const slot = this.slot(length)
    const key = this.string(length)
    if (key.length === length) this.keys[slot] = key
    return key
  }

  private slot (length: number): number {
    const { bytes, at } = this
    return (length * 31 + (bytes[at] ?? 0) * 7 + (bytes[at + length - 1] ?? 0)) % cachedKeys
  }

  /** Whether the next `length` bytes are exactly this ASCII text. */
  private follows (text: string, length: number): boolean {
    if (text.length !== length || length > this.bytes.length - this.at) return false
    const { bytes, at } = this
    for (let i = 0; i < length; i++) {
      if (text.charCodeAt(i) !== bytes[at + i]) return false
    }
    return true
  }

  private string (length: number): string {
    const { bytes } = this
    const start = this.take(length)
    const end = start + length
    if (length <= loopedString && this.isAscii(start, end)) {
      if (length > copiedSubstring) return bytes.toString('latin1', start, end)
      this.text ??= bytes.toString('latin1', 0, bytes.length)
      return this.text.substring(start, end)
    }
    if (!isUtf8(bytes.subarray(start, end))) throw badFrame('a string that is not UTF-8')
    return bytes.toString('utf8', start, end)
  }

  private isAscii (start: number, end: number): boolean {
    const { bytes } = this
    let at = start
    while (at < end && (bytes[at] ?? 0x80) < 0x80) at++
    return at === end
  }

  /** The length of a string of 32 bytes or more, which is the last that a token may stand for. */
  private longLength (token: number): number {
    if (token === 0xd9) return this.uint8()
    if (token === 0xda) return this.uint16()
    if (token === 0xdb) return this.uint32()
    throw badFrame(`the MessagePack type 0x${token.toString(16)} where none such may be`)
  }

  private binary (length: number): Uint8Array {
    const start = this.take(length)
    return new Uint8Array(this.bytes.subarray(start, start + length))
  }

  /** Each item takes a byte at least, so what is present bounds what is made. */
  private enter (items: number, depth: number): void {
    if (items > this.bytes.length - this.at) throw badFrame('a length beyond the end of its frame')
    if (depth >= maxFrameDepth) throw badFrame(`a frame of more than ${maxFrameDepth} levels`)
  }

  private uint8 (): number {
    return this.bytes[this.take(1)] ?? 0
  }

  private uint16 (): number {
    return this.view.getUint16(this.take(2))
  }

  private uint32 (): number {
    return this.view.getUint32(this.take(4))
  }

  private take (length: number): number {
    const start = this.at
    if (length > this.bytes.length - start) throw badFrame('a frame that ends early')
    this.at = start + length
    return start
  }
}

function viewOf (bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function defineOwn (object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
