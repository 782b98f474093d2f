import { storeOf } from './configuration.js'
import type { Configuration, Member } from './configuration.js'
import { bindingChange } from './configuration-records.js'
import type { Sender } from './envelope.js'
import { Identity } from './identity.js'
import type { Binding } from './identity.js'
import type { Means } from './succeeding.js'
import type { QuorumSystem } from './systems.js'

export interface GreetingOptions extends Means {
  readonly id: string
  /** Drawn at each start. */
  readonly boot: string
}

/** How often it is kept, at most, how far another member has come. */
const recallMs = 1_000

/** How members recognise each other: a run takes part once enough others have confirmed that its store is who it says it is. */
export class Greeting {
  readonly identity = new Identity()
  readonly #options: GreetingOptions
  readonly #confirmedBy = new Set<string>()
  readonly #recalled = new Map<string, number>()

  constructor (options: GreetingOptions) {
    this.#options = options
  }

  /** Takes up what storage recalls of others; this node knows itself. */
  restore (bindings: readonly Binding[], store: string): void {
    this.identity.bind({ id: this.#options.id, store })
    for (const binding of bindings) this.identity.recall({ ...binding })
  }

  /** The members with the stores that are known to speak for them. */
  bound (members: readonly Member[]): Member[] {
    return members.map(({ id, store }) => ({ id, store: store !== '' ? store : this.identity.bindings.get(id)?.store ?? '' }))
  }

  /** Which store speaks for an id, from now on. */
  bind (member: Member): void { this.#options.keep([bindingChange(this.identity.bind(member))]) }

  /** The same, where that is not known yet. */
  learn (members: readonly Member[]): void {
    for (const member of members) if (!this.identity.bindings.has(member.id)) this.bind(member)
  }

  /** First come binds, where the configuration does not say which store it is. */
  isWho (configuration: Configuration, id: string, store: string): boolean {
    if (!this.identity.isListed(storeOf(configuration, id), store) || !this.identity.admits(id, store)) return false
    this.learn([{ id, store }])
    return true
  }

  /** Keeps how far a member has come: if its store ever comes back with less, its disk was set back. */
  recall (id: string, incarnation: number, changes: number, nowMs: number): void {
    if (!this.identity.acknowledged(id, incarnation, changes) || nowMs - (this.#recalled.get(id) ?? -Infinity) < recallMs) return
    this.#recalled.set(id, nowMs)
    this.#options.keep([bindingChange(this.identity.bindings.get(id)!)])
  }

  // Greeting others, and being greeted

  /** Introduces this run to all members that have not confirmed it. */
  greet ({ members }: QuorumSystem): void {
    const { id, boot, send } = this.#options
    for (const to of members) if (to !== id && !this.#confirmedBy.has(to)) send(to, { type: 'greet', boot }, true)
  }

  /** `listed`: the store that the configuration names. */
  greeted ({ from, store, incarnation, changes }: Sender, listed: string, boot: string): void {
    const binding = this.identity.isListed(listed, store) ? this.identity.greet(from, { store, incarnation, boot, changes }) : undefined
    if (binding !== undefined) this.#options.keep([bindingChange(binding)])
    this.#options.hold(from, { type: 'greeted', boot, isRefused: binding === undefined })
  }

  confirmedBy (id: string): void { this.#confirmedBy.add(id) }

  isConfirmedBy (system: QuorumSystem): boolean { return system.isQuorum(new Set([...this.#confirmedBy, this.#options.id])) }
}
