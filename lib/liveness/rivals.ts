import type { Claim } from './slots.js'

/** Two holders of one id, both alive: each life was heard by somebody who knew of the other one. */
export interface Conflict {
  readonly winner: string
  readonly loser: string
}

/**
 * Who says that it hears a life of a member beside another one. Rare: a claim is a plain epoch unless two lives of an id
 * were known of, and the peer has answered since.
 */
export class Rivals {
  readonly #byId = new Map<string, Map<string, readonly string[]>>()

  /** What `from` says of `id`. */
  set (from: string, id: string, claim: Claim | undefined): void {
    const claims = this.#byId.get(id)
    if (claim !== undefined && typeof claim !== 'string') {
      if (claims === undefined) this.#byId.set(id, new Map([[from, claim]]))
      else claims.set(from, claim)
    } else if (claims?.delete(from) === true && claims.size === 0) {
      this.#byId.delete(id)
    }
  }

  /** A life that somebody says is alive beside this one. */
  rivalOf (id: string, epoch: string): string | undefined {
    for (const claim of this.#byId.get(id)?.values() ?? []) {
      const at = claim.findIndex((rival, i) => i % 2 === 1 && rival === epoch)
      if (at > 0) return claim[at - 1]
    }
    return undefined
  }

  /** The conflict about an id that those who count have witnessed: each life beside the other. */
  conflict (id: string, counts: (from: string) => boolean): Conflict | undefined {
    const witnessed = new Set<string>()
    for (const [from, claim] of this.#byId.get(id) ?? []) {
      if (!counts(from)) continue
      for (let i = 0; i + 1 < claim.length; i += 2) {
        const [epoch = '', rival = ''] = claim.slice(i, i + 2)
        if (rival !== '' && witnessed.has(`${rival} ${epoch}`)) return epoch > rival ? { winner: epoch, loser: rival } : { winner: rival, loser: epoch }
        witnessed.add(`${epoch} ${rival}`)
      }
    }
    return undefined
  }
}
