/** A run has shown something that must never be: the simulation ends with it. */
export class Violation extends Error {
  constructor (message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Violation'
  }
}

/** @throws Violation unless `condition` holds */
export function expect (condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message())
}
