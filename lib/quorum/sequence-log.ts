import { assert } from '../ground/assert.js'

/**
 * Which element each sequence of a term changed. What is superseded and committed leaves it, so that it stays about as long
 * as there are elements.
 */
export class SequenceLog {
  /** In order; an empty name is a place that was left. */
  sequences: number[] = []
  names: string[] = []
  holes = 0

  append (sequence: number, element: string): void {
    assert(sequence > (this.sequences.at(-1) ?? 0), 'sequences grow')
    this.sequences.push(sequence)
    this.names.push(element)
  }

  drop (sequence: number): void {
    const at = this.#after(sequence - 1)
    if (this.sequences[at] !== sequence || this.names[at] === '') return
    this.names[at] = ''
    this.holes++
    if (this.holes > 64 && this.holes * 2 > this.names.length) this.#compact()
  }

  /** What was changed after a sequence, in order. */
  * after (sequence: number): IterableIterator<{ sequence: number, element: string }> {
    for (let i = this.#after(sequence); i < this.names.length; i++) {
      const element = this.names[i]!
      if (element !== '') yield { sequence: this.sequences[i]!, element }
    }
  }

  /** The first place whose sequence is greater. */
  #after (sequence: number): number {
    let [low, high] = [0, this.sequences.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.sequences[middle]! > sequence) high = middle
      else low = middle + 1
    }
    return low
  }

  #compact (): void {
    this.sequences = this.sequences.filter((_, i) => this.names[i] !== '')
    this.names = this.names.filter(name => name !== '')
    this.holes = 0
  }
}
