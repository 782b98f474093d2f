import type { Clock } from '../ground/clock.js'
import type { Random } from './random.js'
import { SimClock } from './world.js'
import type { Happening, World } from './world.js'

/** What an event loop that was blocked turns to first: Node's does its timers, one that was stopped while it polled what came. */
export type Waking = 'timers' | 'arrivals'

/**
 * The event loop of one process, with its clock. While it is blocked nothing happens in it: then what was due happens,
 * late and all at once.
 */
export class ClusterLoop implements Clock {
  readonly #world: World
  readonly #clock: SimClock
  #blockedUntil = 0
  #waking: Waking = 'timers'
  #isStopped = false
  #timers: Timer[] = []
  #arrivals: Array<() => void> = []

  constructor (world: World, random: Random, skewMs: number) {
    this.#world = world
    this.#clock = new SimClock(world, random, skewMs)
  }

  get isBlocked (): boolean { return this.#blockedUntil > this.#world.now }
  get isStopped (): boolean { return this.#isStopped }

  /** Sets how far the wall clock is ahead of the right time, in milliseconds. */
  setSkew (ms: number): void { this.#clock.skewMs = ms }

  monotonic (): number { return this.#clock.monotonic() }
  wall (): number { return this.#clock.wall() }
  random (): number { return this.#clock.random() }

  setTimeout (fn: () => void, ms: number): Timer {
    const timer = new Timer(fn)
    timer.happening = this.#clock.setTimeout(() => {
      if (this.isBlocked) this.#timers.push(timer)
      else timer.fire()
    }, ms)
    return timer
  }

  clearTimeout (handle: unknown): void {
    if (!(handle instanceof Timer)) return
    handle.fn = undefined
    this.#clock.clearTimeout(handle.happening)
  }

  /** Something comes from outside. */
  arrive (fn: () => void): void {
    if (this.#isStopped) return
    if (this.isBlocked || this.#arrivals.length > 0) this.#arrivals.push(fn)
    else fn()
  }

  /** Nothing happens here for so long. */
  block (ms: number, waking: Waking = 'timers'): void {
    const until = this.#world.now + ms
    if (this.#isStopped || until <= this.#blockedUntil) return
    this.#blockedUntil = until
    this.#waking = waking
    this.#world.schedule(ms, () => { this.#wake() })
  }

  #wake (): void {
    if (this.isBlocked || this.#isStopped) return
    if (this.#waking === 'timers') this.#fireTimers()
    // What comes of one arrival may be the end of this process.
    for (let next = this.#arrivals.shift(); next !== undefined; next = this.#arrivals.shift()) next()
    this.#fireTimers()
  }

  #fireTimers (): void {
    for (const timer of this.#timers.splice(0)) timer.fire()
  }

  /** The process has ended. */
  stop (): void {
    this.#isStopped = true
    this.#timers = []
    this.#arrivals = []
    this.#clock.stop()
  }
}

class Timer {
  fn: (() => void) | undefined
  happening: Happening | undefined

  constructor (fn: () => void) {
    this.fn = fn
  }

  fire (): void {
    const { fn } = this
    this.fn = undefined
    fn?.()
  }
}
