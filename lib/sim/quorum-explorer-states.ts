const chunkBits = 20
const chunkStates = 2 ** chunkBits

/**
 * States of equal width, each kept once, whole, in the order in which they came: so the store is the queue of a breadth-first search
 * as well. Of each it knows from which it came.
 */
export class StateStore {
  readonly #width: number
  readonly #chunks: Int32Array[] = []
  readonly #parents: Int32Array[] = []
  /** Open addressing: a state's number and one; 0 is free. */
  #table = new Uint32Array(2 ** 16)
  size = 0

  constructor (width: number) {
    this.#width = width
  }

  read (state: number, into: Int32Array): void {
    const at = (state & (chunkStates - 1)) * this.#width
    into.set(this.#chunks[state >>> chunkBits]!.subarray(at, at + this.#width))
  }

  /** The states that lead from the first to this one. */
  pathTo (last: number): Int32Array[] {
    const path: Int32Array[] = []
    for (let state = last; state !== -1; state = this.#parents[state >>> chunkBits]![state & (chunkStates - 1)]!) {
      const vector = new Int32Array(this.#width)
      this.read(state, vector)
      path.unshift(vector)
    }
    return path
  }

  add (vector: Int32Array, parent: number): void {
    const mask = this.#table.length - 1
    let slot = hash(vector) & mask
    for (let number = this.#table[slot]!; number !== 0; number = this.#table[slot]!) {
      if (this.#equals(number - 1, vector)) return
      slot = (slot + 1) & mask
    }
    this.#table[slot] = this.#append(vector, parent) + 1
    if (this.size * 2 > this.#table.length) this.#grow()
  }

  #append (vector: Int32Array, parent: number): number {
    const state = this.size++
    const at = state & (chunkStates - 1)
    if (at === 0) {
      this.#chunks.push(new Int32Array(chunkStates * this.#width))
      this.#parents.push(new Int32Array(chunkStates))
    }
    this.#chunks.at(-1)!.set(vector, at * this.#width)
    this.#parents.at(-1)![at] = parent
    return state
  }

  #equals (state: number, vector: Int32Array): boolean {
    const chunk = this.#chunks[state >>> chunkBits]!
    const at = (state & (chunkStates - 1)) * this.#width
    for (let i = 0; i < vector.length; i++) if (chunk[at + i] !== vector[i]) return false
    return true
  }

  #grow (): void {
    this.#table = new Uint32Array(this.#table.length * 2)
    const mask = this.#table.length - 1
    const vector = new Int32Array(this.#width)
    for (let state = 0; state < this.size; state++) {
      this.read(state, vector)
      let slot = hash(vector) & mask
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask
      this.#table[slot] = state + 1
    }
  }
}

function hash (vector: Int32Array): number {
  let mixed = 0x811c9dc5
  for (const part of vector) {
    mixed = Math.imul(mixed ^ part, 0x9e3779b1)
    mixed ^= mixed >>> 15
  }
  return Math.imul(mixed, 0x85ebca6b) >>> 3
}
