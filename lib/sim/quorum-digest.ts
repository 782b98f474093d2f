/** Plain state as text: equal for states that are equal. Maps keep their order, as it is state too. */
export function digest (value: unknown): string {
  return JSON.stringify(value, (_, part: unknown): unknown => {
    if (part instanceof Map) return ['map', ...part as Map<unknown, unknown>]
    if (part instanceof Set) return ['set', ...part as Set<unknown>]
    return part === undefined ? null : part
  })
}

/** Gives equal things one number, told apart by their text. */
export class Numbered<T> {
  readonly items: T[] = []
  readonly #numbers = new Map<string, number>()

  /** @returns the number of the thing with this text, which is made if there is none */
  of (text: string, make: () => T): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.items.push(make()) - 1
    this.#numbers.set(text, number)
    return number
  }

  at (number: number): T { return this.items[number]! }
}
