import type { QuorumSystem } from './systems.js'

/** How often members are asked whether they are there, where no link leads to them directly. */
export const pingMs = 500

/** Which members can be reached: by a link, or as heard of late by way of others. */
export class Reach {
  readonly #id: string
  readonly #system: QuorumSystem
  readonly #heard: Map<string, number>
  #pingedAt = -Infinity
  /** Where links lead to everybody, what that comes to. */
  #whole: { readonly neighbours: ReadonlySet<string>, readonly isQuorum: boolean } | undefined

  constructor (id: string, system: QuorumSystem, before?: Reach) {
    this.#id = id
    this.#system = system
    this.#heard = new Map(before?.heard)
  }

  get heard (): ReadonlyMap<string, number> { return this.#heard }

  hear (id: string, nowMs: number): void { this.#heard.set(id, nowMs) }

  members (neighbours: ReadonlySet<string>, nowMs: number): string[] {
    // Without any link nobody is reached, however lately they were heard.
    const isHeard = (id: string): boolean => neighbours.size > 0 && nowMs - (this.#heard.get(id) ?? -Infinity) < 3 * pingMs
    return this.#system.members.filter(id => id === this.#id || neighbours.has(id) || isHeard(id))
  }

  isQuorum (neighbours: ReadonlySet<string>, nowMs: number): boolean {
    if (this.#whole?.neighbours === neighbours) return this.#whole.isQuorum
    const isQuorum = this.#system.isQuorum(new Set(this.members(neighbours, nowMs)))
    this.#whole = this.#leadEverywhere(neighbours) ? { neighbours, isQuorum } : undefined
    return isQuorum
  }

  #leadEverywhere (neighbours: ReadonlySet<string>): boolean {
    return this.#whole?.neighbours === neighbours || this.#system.members.every(id => id === this.#id || neighbours.has(id))
  }

  /** Whom to ask now. */
  toPing (neighbours: ReadonlySet<string>, nowMs: number): string[] {
    if (neighbours.size === 0 || nowMs - this.#pingedAt < pingMs) return []
    this.#pingedAt = nowMs
    return this.#system.members.filter(id => id !== this.#id && !neighbours.has(id))
  }

  /** When somebody is to be asked next; undefined: links lead to everybody, or to nobody. */
  deadline (neighbours: ReadonlySet<string>): number | undefined {
    return neighbours.size === 0 || this.#leadEverywhere(neighbours) ? undefined : this.#pingedAt + pingMs
  }
}
