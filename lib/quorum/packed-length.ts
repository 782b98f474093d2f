import { utf8Length } from '../ground/ids.js'

/** How many bytes a value takes as MessagePack: lists, text, numbers, true and false, of which messages are made. */
export function packedLength (value: unknown): number {
  if (typeof value === 'string') return textLength(utf8Length(value))
  if (typeof value === 'number') return numberLength(value)
  if (!Array.isArray(value)) return 1
  let length = value.length < 16 ? 1 : value.length < 0x1_0000 ? 3 : 5
  for (const item of value) length += packedLength(item)
  return length
}

function textLength (bytes: number): number { return bytes + (bytes < 32 ? 1 : bytes < 0x100 ? 2 : bytes < 0x1_0000 ? 3 : 5) }

/** Of the whole numbers from zero on. */
function numberLength (value: number): number {
  if (value < 0x80) return 1
  if (value < 0x100) return 2
  if (value < 0x1_0000) return 3
  return value < 0x1_0000_0000 ? 5 : 9
}
