/**
 * Frames with a length of four bytes in front: as plain as framing gets.
 * @param {Uint8Array} body
 * @param {number} [type] a byte between the length and the body
 */
export function frame (body, type) {
  const extra = type === undefined ? 0 : 1
  const bytes = Buffer.allocUnsafe(4 + extra + body.length)
  bytes.writeUInt32BE(extra + body.length, 0)
  if (type !== undefined) bytes[4] = type
  bytes.set(body, 4 + extra)
  return bytes
}

/**
 * @param {(body: Buffer) => void} onFrame
 * @returns {(chunk: Buffer) => void}
 */
export function frameReader (onFrame) {
  let chunks = []
  let size = 0
  return chunk => {
    chunks.push(chunk)
    size += chunk.length
    if (size < 4 || size < 4 + lengthOf(chunks)) return
    let bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    while (bytes.length >= 4) {
      const end = 4 + bytes.readUInt32BE(0)
      if (bytes.length < end) break
      onFrame(bytes.subarray(4, end))
      bytes = bytes.subarray(end)
    }
    chunks = bytes.length === 0 ? [] : [bytes]
    size = bytes.length
  }
}

/** A length may be spread over chunks; a frame's many chunks are put together only once. */
function lengthOf (chunks) {
  if (chunks[0].length < 4) chunks.splice(0, chunks.length, Buffer.concat(chunks))
  return chunks[0].readUInt32BE(0)
}
