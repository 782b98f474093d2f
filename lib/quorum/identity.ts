import { sortMembers, storeOf } from './configuration.js'
import type { Configuration, Member } from './configuration.js'

/** What a member durably recalls of another: which store speaks under its id, and how far that has come. */
export interface Binding {
  readonly id: string
  store: string
  /** Of its latest run, and what that run drew to tell itself from one that was started from an older copy of the disk. */
  incarnation: number
  boot: string
  /** The greatest local number of a change that it acknowledged. */
  changes: number
}

/** How a run of a member introduces itself. */
export interface Introduction {
  readonly store: string
  readonly incarnation: number
  readonly boot: string
  readonly changes: number
}

/**
 * Recognises members that have lost what they promised. **First come binds**: the store that was met first under an id speaks for it from then on. A store
 * that comes back must have begun anew (a greater incarnation) and must hold all that it once acknowledged; if not, its disk was set back.
 */
export class Identity {
  readonly bindings = new Map<string, Binding>()
  /** How often another store came to speak for an id. */
  version = 0

  /** Whether a store is the one that a configuration lists; the empty one: it leaves that open. */
  isListed (listed: string | undefined, store: string): boolean { return listed === store || listed === '' }

  /** Which store speaks for an id, where its configuration leaves that open. */
  bind ({ id, store }: Member): Binding {
    const known = this.bindings.get(id)
    if (known?.store === store) return known
    return this.recall({ id, store, incarnation: 0, boot: '', changes: 0 })
  }

  recall (binding: Binding): Binding {
    this.bindings.set(binding.id, binding)
    this.version++
    return binding
  }

  /** Whether this store may speak for the id, as far as is known here. */
  admits (id: string, store: string): boolean {
    const known = this.bindings.get(id)
    return known === undefined || known.store === store
  }

  /** Which stores are known to speak for those whom a configuration names. */
  speakers (configuration: Configuration): Member[] {
    return sortMembers(Array.from(this.bindings.values(), ({ id, store }) => ({ id, store })).filter(({ id }) => storeOf(configuration, id) !== undefined))
  }

  /** @returns what is to be recalled from now on; undefined: this is not who spoke under the id before */
  greet (id: string, greeting: Introduction): Binding | undefined {
    if (!this.admits(id, greeting.store)) return undefined
    const binding = this.bind({ id, store: greeting.store })
    const { incarnation, boot, changes } = greeting
    if (incarnation === binding.incarnation && boot === binding.boot) return binding
    if (incarnation <= binding.incarnation || changes < binding.changes) return undefined
    return Object.assign(binding, { incarnation, boot, changes })
  }

  /** Of a run that has introduced itself; what another says may overtake its greeting. @returns whether that is more than is known */
  acknowledged (id: string, incarnation: number, changes: number): boolean {
    const binding = this.bindings.get(id)
    if (binding?.incarnation !== incarnation || changes <= binding.changes) return false
    binding.changes = changes
    return true
  }
}
