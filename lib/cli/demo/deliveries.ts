interface Pending {
  /** Who has yet to see it. */
  readonly waiting: Set<string>
  /** How many see it, all told. */
  nodes: number
  setAt: bigint | undefined
  lastAt: bigint
}

/** A key that all have seen. */
export interface Delivered {
  readonly key: string
  readonly nodes: number
  /** From when it was set to when the last one had it. */
  readonly ms: number
}

/** Follows keys that were set at one node until all the others have seen them. */
export class Deliveries {
  readonly #pending = new Map<string, Pending>()

  expect (key: string, nodes: readonly string[]): void {
    this.#pending.set(key, { waiting: new Set(nodes), nodes: nodes.length, setAt: undefined, lastAt: 0n })
  }

  isPending (key: string): boolean { return this.#pending.has(key) }

  saw (node: string, key: string, local: boolean, at: bigint): void {
    const pending = this.#pending.get(key)
    if (pending === undefined) return
    pending.waiting.delete(node)
    if (local) pending.setAt = at
    if (at > pending.lastAt) pending.lastAt = at
  }

  /** A node is gone: nobody waits for it, and if it had not seen the key, it does not count. */
  left (node: string): void {
    for (const pending of this.#pending.values()) if (pending.waiting.delete(node)) pending.nodes--
  }

  /** What has reached everyone by now, each told once. */
  take (): Delivered[] {
    const delivered: Delivered[] = []
    for (const [key, { waiting, nodes, setAt, lastAt }] of this.#pending) {
      if (waiting.size > 0) continue
      this.#pending.delete(key)
      if (setAt !== undefined) delivered.push({ key, nodes, ms: Number(lastAt - setAt) / 1e6 })
    }
    return delivered
  }
}
