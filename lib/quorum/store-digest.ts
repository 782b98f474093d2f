import type { Change, StoredRecord } from '../core.js'
import { TendrilError } from '../ground/errors.js'

/** Sums stay below it, so that two of them are added exactly. */
const modulus = 2 ** 52

/**
 * What storage holds, in one small record that is written with each batch: the sum of all records' hashes, and how many
 * records there are. A database may lose a block of records in the middle, or give out one that a disk has altered, and say nothing;
 * then the sum is another one. What was cut off at the end of the last batches it can't notice, as their sums went with them.
 *
 * The sum moves with each record, as in Bellare and Micciancio, *A New Paradigm for Collision-free Hashing*; the hash is no
 * defence against anybody who means to deceive.
 */
export class StoreDigest {
  readonly #hashes = new Map<string, number>()
  #sum = 0

  /** Takes up what storage holds. @throws TendrilError STORAGE_FAILED where that is not what was written */
  restore (records: readonly StoredRecord[]): void {
    for (const { key, value } of records) if (key !== 'd') this.apply({ key, value })
    const found = records.find(({ key }) => key === 'd')
    if (found === undefined && records.length === 0) return
    const [sum, count] = found?.value ?? []
    if (sum === this.#sum && count === this.#hashes.size) return
    throw new TendrilError('STORAGE_FAILED', 'storage has lost or altered a record that it had confirmed')
  }

  apply ({ key, value }: Change): void {
    const before = this.#hashes.get(key) ?? 0
    const after = value === undefined ? 0 : hashOf(key, value)
    if (value === undefined) this.#hashes.delete(key)
    else this.#hashes.set(key, after)
    // One step at a time: sums of three are not exact any more.
    this.#sum = (this.#sum + after) % modulus
    this.#sum = (this.#sum + modulus - before) % modulus
  }

  get record (): Change { return { key: 'd', value: [this.#sum, this.#hashes.size] } }
}

/** Two hashes of 32 bits, of which 52 are used. */
class Mixer {
  #one = 0x811c9dc5
  #two = 0x9e3779b9

  mix (unit: number): void {
    this.#one = Math.imul(this.#one ^ unit, 0x01000193)
    this.#two = Math.imul((this.#two << 5) ^ (this.#two >>> 27) ^ unit, 0x85ebca6b)
  }

  text (text: string): void {
    this.mix(text.length)
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i))
  }

  value (value: unknown): void {
    if (typeof value === 'string') {
      this.mix(1)
      this.text(value)
    } else if (typeof value === 'number') {
      this.mix(2)
      this.mix(value | 0)
      this.mix(Math.floor(value / 2 ** 32))
    } else if (Array.isArray(value)) {
      this.mix(3)
      this.mix(value.length)
      for (const item of value) this.value(item)
    } else this.mix(value === true ? 4 : value === false ? 5 : 6)
  }

  get hash (): number {
    const one = spread(this.#one)
    return one * 2 ** 20 + (spread(this.#two ^ one) >>> 12)
  }
}

/** Each bit of the input changes about half of the output's. */
function spread (value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function hashOf (key: string, value: readonly unknown[]): number {
  const mixer = new Mixer()
  mixer.text(key)
  mixer.value(value)
  return mixer.hash
}
