import type { Change, Effects, Link } from '../core.js'
import type { GossipChange } from './holdings.js'
import type { Replica } from './replica.js'

/** What the core tells: the visible value of a key changed, or a peer acknowledged more than before. */
export type GossipEvent = GossipChange | { readonly kind: 'acknowledged' }

/** Gathers the effects of a call beside those that the replica records, and knows which links have nothing to pull. */
export class Outbox {
  readonly #asleep = new Set<Link>()
  #wake: Link[] = []
  #changes: Change[] = []
  #events: GossipEvent[] = []

  keep (...changes: readonly Change[]): void { this.#changes.push(...changes) }

  tell (event: GossipEvent): void { this.#events.push(event) }

  opened (link: Link): void { this.#wake.push(link) }

  closed (link: Link): void { this.#asleep.delete(link) }

  /** There was nothing to pull. */
  slept (link: Link): void { this.#asleep.add(link) }

  rouse (link: Link): void {
    if (this.#asleep.delete(link)) this.#wake.push(link)
  }

  rouseAll (): void {
    if (this.#asleep.size === 0) return
    this.#wake.push(...this.#asleep)
    this.#asleep.clear()
  }

  effects (replica: Replica): Effects<GossipEvent> {
    const changes = replica.takeChanges()
    const events = replica.takeEvents()
    const effects = {
      changes: this.#changes.length === 0 ? changes : changes.concat(this.#changes),
      sequence: replica.sequence.last,
      events: this.#events.length === 0 ? events : [...events, ...this.#events],
      wake: this.#wake
    }
    if (this.#changes.length > 0) this.#changes = []
    if (this.#events.length > 0) this.#events = []
    if (this.#wake.length > 0) this.#wake = []
    return effects
  }
}
