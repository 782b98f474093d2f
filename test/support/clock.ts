import type { Clock } from '../../lib/index.js'

interface Timer { readonly at: number, readonly fn: () => void }

/** A clock that goes on only when it is told to. */
export class TestClock implements Clock {
  #now = 1_000
  #wall: number
  #seed = 1
  readonly #timers = new Set<Timer>()

  constructor (wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall
  }

  monotonic (): number { return this.#now }
  wall (): number { return this.#wall }

  random (): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647
    return this.#seed / 2_147_483_647
  }

  setTimeout (fn: () => void, ms: number): unknown {
    const timer = { at: this.#now + ms, fn }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout (handle: unknown): void { this.#timers.delete(handle as Timer) }

  get pending (): number { return this.#timers.size }

  /** Goes on by `ms`; what is due is called in order, each at its time. */
  advance (ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.#step(due.at - this.#now)
      due.fn()
    }
    this.#step(end - this.#now)
  }

  #step (ms: number): void {
    this.#now += Math.max(0, ms)
    this.#wall += Math.max(0, ms)
  }

  /** Sets the wall clock forward or back. */
  jump (ms: number): void { this.#wall += ms }
}
