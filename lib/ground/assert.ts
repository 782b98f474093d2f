/**
 * Asserts an invariant of our own. Remote input never reaches an assertion: it is validated first and refused with a
 * code, so an `AssertionFailure` is always a bug in tendril.
 */
export function assert (condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionFailure(invariant)
}

export class AssertionFailure extends Error {
  constructor (invariant: string) {
    super(`invariant broken: ${invariant}`)
    this.name = 'AssertionFailure'
  }
}
