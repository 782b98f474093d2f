import { handOut, sameValue } from './ground/values.js'
import type { Value } from './ground/values.js'
import { deliver } from './stream/deliver.js'
import type { Update } from './update.js'

/** `update` tells of the change that stands; it is undefined where there is none, at a first call for an absent key. */
export type WatchListener = (value: Value | undefined, key: string, update: Update | undefined) => void

interface Watcher {
  readonly matches: (key: string) => boolean
  readonly what: string | { readonly prefix: string }
  readonly listener: WatchListener
  /** The number of the first change that is news to it: what came before, its first calls have told. */
  readonly from: number
  /** What it was told, until it has caught up with what storage held. */
  told: Map<string, Value | undefined> | undefined
  /** It is told nothing more, in the middle of a walk too. */
  isStopped: boolean
}

/** Those who follow keys: told what there is when they begin, and every change after that. */
export class Watchers {
  readonly #standing: (key: string) => Update | undefined
  readonly #keysUnder: (prefix: string) => Iterable<string>
  readonly #byKey = new Map<string, Set<Watcher>>()
  readonly #byPrefix = new Set<Watcher>()
  #isLoading: boolean

  /** `isLoading`: what storage holds is not known before `loaded` is called. */
  constructor (standing: (key: string) => Update | undefined, keysUnder: (prefix: string) => Iterable<string>, isLoading: boolean) {
    this.#standing = standing
    this.#keysUnder = keysUnder
    this.#isLoading = isLoading
  }

  get isEmpty (): boolean { return this.#byKey.size === 0 && this.#byPrefix.size === 0 }

  /** `from` is the number of the next change: those before it may still be about to be told to others. */
  add (what: string | { readonly prefix: string }, listener: WatchListener, from: number, signal: AbortSignal | undefined): () => void {
    if (signal?.aborted === true) return () => {}
    const key = typeof what === 'string' ? what : undefined
    const watcher: Watcher = {
      what,
      listener,
      from,
      told: this.#isLoading ? new Map() : undefined,
      isStopped: false,
      matches: typeof what === 'string' ? other => other === what : other => other.startsWith(what.prefix)
    }
    const group = key === undefined ? this.#byPrefix : this.#byKey.get(key) ?? new Set()
    group.add(watcher)
    if (key !== undefined) this.#byKey.set(key, group)
    const stop = (): void => {
      watcher.isStopped = true
      signal?.removeEventListener('abort', stop)
      group.delete(watcher)
      if (key !== undefined && group.size === 0 && this.#byKey.get(key) === group) this.#byKey.delete(key)
    }
    signal?.addEventListener('abort', stop, { once: true })
    this.#begin(watcher)
    return stop
  }

  #begin (watcher: Watcher): void {
    const { what } = watcher
    const keys = typeof what === 'string' ? [what] : [...this.#keysUnder(what.prefix)]
    for (const key of keys) {
      const update = this.#standing(key)
      this.#call(watcher, update?.value, key, update)
    }
  }

  #call (watcher: Watcher, value: Value | undefined, key: string, update: Update | undefined): void {
    if (watcher.isStopped) return
    watcher.told?.set(key, value === undefined ? undefined : handOut(value))
    deliver(() => { watcher.listener(value, key, update) })
  }

  /** Storage has been read: what is there now is told to all who were told something else. */
  loaded (): void {
    this.#isLoading = false
    for (const group of [...this.#byKey.values(), this.#byPrefix]) for (const watcher of group) this.#catchUp(watcher)
  }

  #catchUp (watcher: Watcher): void {
    const { what, told } = watcher
    // One that began among these calls has nothing to catch up with.
    if (told === undefined) return
    for (const key of typeof what === 'string' ? [what] : [...this.#keysUnder(what.prefix)]) {
      const update = this.#standing(key)
      const before = told.get(key)
      if (update?.value === undefined ? before === undefined : before !== undefined && sameValue(before, update.value)) continue
      this.#call(watcher, update?.value, key, update)
    }
    watcher.told = undefined
  }

  /** Tells the change of this number. */
  tell (key: string, value: Value | undefined, update: Update, number: number): void {
    for (const group of [this.#byKey.get(key), this.#byPrefix]) {
      for (const watcher of group ?? []) {
        if (number >= watcher.from && watcher.matches(key)) this.#call(watcher, value, key, update)
      }
    }
  }
}
