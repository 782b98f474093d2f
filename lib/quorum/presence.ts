import type { Identity } from './identity.js'
import { Reach } from './reach.js'
import type { Relay } from './relay.js'
import type { QuorumSystem } from './systems.js'

/** Whom this node can speak to now: by a link, or by way of others. */
export class Presence {
  readonly #id: string
  readonly #relay: Relay
  #reach: Reach | undefined
  /** What the neighbours were found by. */
  #known: { readonly identity: Identity, readonly version: number, readonly ids: ReadonlySet<string> } | undefined

  constructor (id: string, relay: Relay) {
    this.#id = id
    this.#relay = relay
  }

  /** Other members count from now on. */
  count (system: QuorumSystem): void { this.#reach = new Reach(this.#id, system, this.#reach) }

  hear (from: string, nowMs: number): void { this.#reach?.hear(from, nowMs) }

  /** Ids that links lead to; the empty one where another store pretends to be a member. */
  neighbours (identity: Identity): ReadonlySet<string> {
    const version = this.#relay.version + identity.version
    if (this.#known?.version !== version || this.#known.identity !== identity) {
      this.#known = { identity, version, ids: this.#relay.neighbours() }
    }
    return this.#known.ids
  }

  /** Links closed: those that `before` led to and nothing leads to now. */
  lose (before: ReadonlySet<string>, neighbours: ReadonlySet<string>, nowMs: number): void {
    for (const id of before) if (!neighbours.has(id)) this.#reach?.lose(id, nowMs)
  }

  /** For how long nothing has led to a member that was there before; below 0: it still may. */
  goneMs (id: string, neighbours: ReadonlySet<string>, nowMs: number): number { return this.#reach?.goneMs(id, neighbours, nowMs) ?? -Infinity }

  /** How many members can be reached, or nodes where there are no members yet; this one included. */
  size (neighbours: ReadonlySet<string>, nowMs: number): number { return this.#reach?.members(neighbours, nowMs).length ?? neighbours.size + 1 }

  isQuorum (neighbours: ReadonlySet<string>, nowMs: number): boolean { return this.#reach?.isQuorum(neighbours, nowMs) === true }

  /** Whom to ask now whether they are there. */
  toPing (neighbours: ReadonlySet<string>, nowMs: number): readonly string[] { return this.#reach?.toPing(neighbours, nowMs) ?? [] }

  deadline (neighbours: ReadonlySet<string>): number { return this.#reach?.deadline(neighbours) ?? Infinity }
}
