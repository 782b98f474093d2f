/** Unsigned LEB128: seven bits a byte, the lowest first; the top bit says that more follow. */
export function varintSize (value: number): number {
  let size = 1
  while (value >= 0x80) {
    value = Math.floor(value / 0x80)
    size++
  }
  return size
}

/** Writes `value` at `start`; {@link varintSize} tells how many bytes it takes. */
export function writeVarint (bytes: Uint8Array, start: number, value: number): void {
  let at = start
  while (value >= 0x80) {
    bytes[at++] = 0x80 | (value & 0x7f)
    value = Math.floor(value / 0x80)
  }
  bytes[at] = value
}
