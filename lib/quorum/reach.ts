import type { QuorumSystem } from './systems.js'

/** How often members are asked whether they are there, where no link leads to them directly. */
export const pingMs = 500

/** So long one whose last link has closed may take to be heard by way of others, in milliseconds. */
const detourMs = 50

/** Which members can be reached: by a link, or as heard of late by way of others. */
export class Reach {
  readonly #id: string
  readonly #system: QuorumSystem
  readonly #heard: Map<string, number>
  /** When the last link to a member closed. */
  readonly #lostAt: Map<string, number>
  #pingedAt = -Infinity
  /** Where links lead to everybody, what that comes to. */
  #whole: { readonly neighbours: ReadonlySet<string>, readonly isQuorum: boolean } | undefined

  constructor (id: string, system: QuorumSystem, before?: Reach) {
    this.#id = id
    this.#system = system
    this.#heard = new Map(before?.heard)
    this.#lostAt = new Map(before?.lostAt)
  }

  get heard (): ReadonlyMap<string, number> { return this.#heard }
  get lostAt (): ReadonlyMap<string, number> { return this.#lostAt }

  hear (id: string, nowMs: number): void { this.#heard.set(id, nowMs) }

  /** The last link to somebody has closed: asked at once, it may still answer by way of others. */
  lose (id: string, nowMs: number): void {
    this.#lostAt.set(id, nowMs)
    this.#pingedAt = -Infinity
  }

  /** For how long nothing has led to a member that was there before; below 0: it still may. */
  goneMs (id: string, neighbours: ReadonlySet<string>, nowMs: number): number {
    const heard = this.#heard.get(id)
    if (heard === undefined || neighbours.has(id)) return -Infinity
    const lost = this.#lostAt.get(id) ?? -Infinity
    return nowMs - (heard <= lost ? lost + detourMs : heard + 3 * pingMs)
  }

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
