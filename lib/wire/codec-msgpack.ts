import { Packr, RESERVE_START_SPACE } from 'msgpackr'
import { MsgpackReader } from './codec-msgpack-read.js'
import { varintSize, writeVarint } from './varint.js'

/**
 * `useToJSON` off: a user's object may well have a key of that name. `variableMapSize`: small objects take two bytes
 * less, and large ones are not limited to 65,535 keys.
 */
const packr = new Packr({ useRecords: false, variableMapSize: true, useToJSON: false, encodeUndefinedAsNil: true })

/** Room for the longest varint, left free in front of each frame so that its length needs no copy. */
const reserved = 5

const reader = new MsgpackReader()

/** A varint of the body's length, and the body: a MessagePack array. */
export function encode (frame: readonly unknown[]): Buffer {
  const packed = packr.pack(frame, RESERVE_START_SPACE + reserved)
  const length = packed.length - reserved
  const start = reserved - varintSize(length)
  writeVarint(packed, start, length)
  return packed.subarray(start)
}

/** @throws TendrilError with code BAD_FRAME */
export function decode (body: Buffer): unknown {
  return reader.read(body)
}
