import type { Shown } from './acceptor.js'
import type { Stamp } from './terms.js'

/** What this node knows to be decided. Of each element it only ever shows later states. */
export class View {
  readonly elements = new Set<string>()
  readonly #stamps = new Map<string, Stamp>()

  /** @returns whether the element came or went */
  show ({ element, stamp, present }: Shown): boolean {
    if (stamp <= (this.#stamps.get(element) ?? '')) return false
    this.#stamps.set(element, stamp)
    if (present === this.elements.has(element)) return false
    if (present) this.elements.add(element)
    else this.elements.delete(element)
    return true
  }

  /** Whether this state of an element is shown, or a later one. */
  shows ({ element, stamp }: { readonly element: string, readonly stamp: Stamp }): boolean { return stamp <= (this.#stamps.get(element) ?? '') }

  /** The element was removed for good. */
  purge (element: string): void {
    if (!this.elements.has(element)) this.#stamps.delete(element)
  }
}
