import type { Outcome } from './cells.js'

/** How far each origin has said that it waits for its operations no longer: of the latest of its incarnations. */
export class Released {
  readonly upTo = new Map<string, { incarnation: number, n: number }>()

  /** Who may call at all: nobody else waits for anything. */
  members: ReadonlySet<string> | undefined

  hear (origin: string, incarnation: number, n: number): void {
    const known = this.upTo.get(origin)
    if (known === undefined || incarnation > known.incarnation) this.upTo.set(origin, { incarnation, n })
    else if (incarnation === known.incarnation && n > known.n) known.n = n
  }

  /** Whether nobody waits for it any more, and never will again. A process that has started anew waits for nothing of before. */
  covers ({ origin, incarnation, n }: Pick<Outcome, 'origin' | 'incarnation' | 'n'>): boolean {
    if (this.members?.has(origin) === false) return true
    const known = this.upTo.get(origin)
    return known !== undefined && (incarnation < known.incarnation || (incarnation === known.incarnation && n <= known.n))
  }
}
