import { laneCount } from './lanes.js'

const base = 16
const bitsPerDigit = 4

/** A set of lanes as it travels: one bit a lane, four to a digit. */
export function writeLanes (lanes: ReadonlySet<number>): string {
  const values = new Array<number>(laneCount / bitsPerDigit).fill(0)
  for (const lane of lanes) values[Math.floor(lane / bitsPerDigit)]! |= 1 << (lane % bitsPerDigit)
  return values.map(value => value.toString(base)).join('')
}

export function readLanes (text: string): number[] {
  return Array.from({ length: laneCount }, (_, lane) => lane)
    .filter(lane => (parseInt(text.charAt(Math.floor(lane / bitsPerDigit)), base) >> (lane % bitsPerDigit)) % 2 === 1)
}

export function isLaneSet (value: unknown): value is string {
  return typeof value === 'string' && value.length === laneCount / bitsPerDigit && /^[0-9a-f]+$/.test(value)
}
