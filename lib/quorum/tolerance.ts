/** So many rounds may be ahead of what is known here: no honest node comes so far while another is away for a moment. */
const step = 2 ** 24

/**
 * How far ahead of what is known here a round may be. One false word of a round near the end of all numbers would leave no greater one to
 * take a lane by, or to decide what follows an epoch. Whatever is too far ahead is dropped, as any message may be lost; each time a step more is allowed, so that
 * members who really came so far, and ask again, are caught up with.
 */
export class Tolerance {
  /** By what it is a round of. */
  readonly #ceilings = new Map<number, number>()

  /** Whether a round is to be heard of, where this much is known already. */
  admits (of: number, round: number, known: number): boolean {
    const ceiling = Math.max(this.#ceilings.get(of) ?? 0, known + step)
    if (round > ceiling) this.#ceilings.set(of, ceiling + step)
    return round <= ceiling
  }
}
