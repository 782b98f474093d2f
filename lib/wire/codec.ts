import * as msgpack from './codec-msgpack.js'
import * as ndjson from './codec-ndjson.js'

/** `msgpack` is compact and quick; `ndjson` is a line of JSON a frame, for `jq`, `tee` and people. */
export type CodecName = 'msgpack' | 'ndjson'

const codecs = { msgpack, ndjson }

export function isCodecName (name: unknown): name is CodecName {
  return name === 'msgpack' || name === 'ndjson'
}

/** The bytes of one frame, framed: they can be written to a stream as they are. */
export function encodeFrame (codec: CodecName, frame: readonly unknown[]): Buffer {
  return codecs[codec].encode(frame)
}

/**
 * What the body of one frame holds: its bytes without length or newline.
 * @throws TendrilError with code BAD_FRAME
 */
export function decodeBody (codec: CodecName, body: Buffer): unknown {
  return codecs[codec].decode(body)
}
