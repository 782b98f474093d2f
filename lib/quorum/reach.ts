import type { QuorumSystem } from './systems.js'

/** How often members are asked whether they are there, where no link leads to them directly. */
export const pingMs = 500

/** Which members can be reached: by a link, or as heard of late by way of others. */
export class Reach {
  readonly #id: string
  readonly #system: QuorumSystem
  readonly #heard = new Map<string, number>()
  #pingedAt = -Infinity
  isReady = false

  constructor (id: string, system: QuorumSystem) {
    this.#id = id
    this.#system = system
  }

  hear (id: string, nowMs: number): void { this.#heard.set(id, nowMs) }

  members (neighbours: ReadonlySet<string>, nowMs: number): string[] {
    // Without any link nobody is reached, however lately they were heard.
    const isHeard = (id: string): boolean => neighbours.size > 0 && nowMs - (this.#heard.get(id) ?? -Infinity) < 3 * pingMs
    return this.#system.members.filter(id => id === this.#id || neighbours.has(id) || isHeard(id))
  }

  /** @returns whether it became or ceased to be ready */
  look (neighbours: ReadonlySet<string>, nowMs: number): boolean {
    const isReady = this.#system.isQuorum(new Set(this.members(neighbours, nowMs)))
    const hasChanged = isReady !== this.isReady
    this.isReady = isReady
    return hasChanged
  }

  /** Whom to ask now. */
  toPing (neighbours: ReadonlySet<string>, nowMs: number): string[] {
    if (neighbours.size === 0 || nowMs - this.#pingedAt < pingMs) return []
    this.#pingedAt = nowMs
    return this.#system.members.filter(id => id !== this.#id && !neighbours.has(id))
  }

  /** When somebody is to be asked next; undefined: links lead to everybody, or to nobody. */
  deadline (neighbours: ReadonlySet<string>): number | undefined {
    const isWhole = this.#system.members.every(id => id === this.#id || neighbours.has(id))
    return isWhole || neighbours.size === 0 ? undefined : this.#pingedAt + pingMs
  }
}
