import type { Value } from './ground/values.js'
import { deliver } from './stream/deliver.js'
import type { Update } from './update.js'

/** `update` tells of the change that stands; it is undefined where there is none, at a first call for an absent key. */
export type WatchListener = (value: Value | undefined, key: string, update: Update | undefined) => void

interface Watcher {
  readonly matches: (key: string) => boolean
  readonly what: string | { readonly prefix: string }
  readonly listener: WatchListener
}

/** Those who follow keys: told what there is when they begin, and every change after that. */
export class Watchers {
  readonly #standing: (key: string) => Update | undefined
  readonly #keysUnder: (prefix: string) => Iterable<string>
  readonly #byKey = new Map<string, Set<Watcher>>()
  readonly #byPrefix = new Set<Watcher>()

  constructor (standing: (key: string) => Update | undefined, keysUnder: (prefix: string) => Iterable<string>) {
    this.#standing = standing
    this.#keysUnder = keysUnder
  }

  get isEmpty (): boolean { return this.#byKey.size === 0 && this.#byPrefix.size === 0 }

  add (what: string | { readonly prefix: string }, listener: WatchListener): () => void {
    const key = typeof what === 'string' ? what : undefined
    const watcher: Watcher = {
      what,
      listener,
      matches: typeof what === 'string' ? other => other === what : other => other.startsWith(what.prefix)
    }
    const group = key === undefined ? this.#byPrefix : this.#byKey.get(key) ?? new Set()
    group.add(watcher)
    if (key !== undefined) this.#byKey.set(key, group)
    this.#begin(watcher)
    return () => {
      group.delete(watcher)
      if (key !== undefined && group.size === 0 && this.#byKey.get(key) === group) this.#byKey.delete(key)
    }
  }

  #begin ({ what, listener }: Watcher): void {
    const keys = typeof what === 'string' ? [what] : [...this.#keysUnder(what.prefix)]
    for (const key of keys) {
      const update = this.#standing(key)
      deliver(() => { listener(update?.value, key, update) })
    }
  }

  /** Storage has been read: what is there now is told to all. */
  refresh (): void {
    for (const group of this.#byKey.values()) for (const watcher of group) this.#begin(watcher)
    for (const watcher of this.#byPrefix) this.#begin(watcher)
  }

  tell (key: string, value: Value | undefined, update: Update): void {
    for (const group of [this.#byKey.get(key), this.#byPrefix]) {
      for (const watcher of group ?? []) if (watcher.matches(key)) deliver(() => { watcher.listener(value, key, update) })
    }
  }
}
