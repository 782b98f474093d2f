/** So many rounds may be ahead of what is known here: no honest node comes so far while another is away for a moment. */
const step = 2 ** 24

/**
 * How far ahead of what is known here a round may be. One false word of a round near the end of all numbers would leave none that follows it, and a lane, or the
 * succession of an epoch, that nobody could take ever again. Whatever is too far ahead is lost, as any message may be, and the next may be a step farther: so
 * those who did come so far are caught up with in the end, as they ask again.
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
