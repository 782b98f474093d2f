const none = -1

/** Numbers by numbers, in little room: what a search asks most. Keys are whole numbers from 0 on, values likewise. */
export class NumberMap {
  #keys = new Float64Array(1024).fill(none)
  #values = new Int32Array(1024)
  #size = 0

  /** @returns the number under this key; -1: there is none */
  get (key: number): number {
    const keys = this.#keys
    const mask = keys.length - 1
    for (let slot = hash(key) & mask; ; slot = (slot + 1) & mask) {
      const found = keys[slot]!
      if (found === key) return this.#values[slot]!
      if (found === none) return none
    }
  }

  /** A key that is not there yet. @returns the value */
  add (key: number, value: number): number {
    if (++this.#size * 2 > this.#keys.length) this.#grow()
    this.#put(key, value)
    return value
  }

  #put (key: number, value: number): void {
    const mask = this.#keys.length - 1
    let slot = hash(key) & mask
    while (this.#keys[slot] !== none) slot = (slot + 1) & mask
    this.#keys[slot] = key
    this.#values[slot] = value
  }

  #grow (): void {
    const [keys, values] = [this.#keys, this.#values]
    this.#keys = new Float64Array(keys.length * 2).fill(none)
    this.#values = new Int32Array(values.length * 2)
    keys.forEach((key, slot) => { if (key !== none) this.#put(key, values[slot]!) })
  }
}

function hash (key: number): number {
  const mixed = Math.imul(key | 0, 0x9e3779b1) ^ Math.imul((key / 2 ** 32) | 0, 0x85ebca6b)
  return mixed ^ mixed >>> 15
}
