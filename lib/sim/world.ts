import { createHash } from 'node:crypto'
import TinyQueue from 'tinyqueue'
import type { Clock } from '../ground/clock.js'
import { Random } from './random.js'

/** Something that will happen, unless it is called off. */
export interface Happening {
  readonly at: number
  readonly order: number
  /** What a node's own timer is not: it keeps the world from being quiet. */
  readonly isTraffic: boolean
  happen: (() => void) | undefined
}

export interface WorldOptions {
  readonly seed: number
  /** Told what happens, as lines that can be read. */
  readonly onTrace?: ((line: string) => void) | undefined
  /** Called after everything that happened. */
  readonly afterStep?: (() => void) | undefined
}

/**
 * Virtual time: a queue of what will happen, worked off in order, each thing at once and whole. Nothing else moves the
 * time, so the same seed gives the same run, byte for byte.
 */
export class World {
  readonly random: Random
  /** Milliseconds since the world began. */
  now = 0
  /** How many things have happened. */
  steps = 0
  readonly #options: WorldOptions
  readonly #queue = new TinyQueue<Happening>([], (a, b) => a.at - b.at || a.order - b.order)
  readonly #hash = createHash('sha256')
  #order = 0
  #traffic = 0

  constructor (options: WorldOptions) {
    this.#options = options
    this.random = new Random(options.seed)
  }

  /** Whether nothing is under way but the timers that nodes have set. */
  get isQuiet (): boolean { return this.#traffic === 0 }

  /** When the next thing happens; undefined: nothing ever will. */
  get next (): number | undefined {
    this.#skipCancelled()
    return this.#queue.peek()?.at
  }

  /** Lets something happen `delayMs` from now; things due at one time happen in the order in which they were scheduled. */
  schedule (delayMs: number, happen: () => void, isTraffic = true): Happening {
    const happening = { at: this.now + Math.max(0, delayMs), order: this.#order++, isTraffic, happen }
    this.#queue.push(happening)
    if (isTraffic) this.#traffic++
    return happening
  }

  cancel (happening: Happening): void {
    if (happening.happen === undefined) return
    happening.happen = undefined
    if (happening.isTraffic) this.#traffic--
  }

  /** Lets the next thing happen. @returns false if there is none */
  step (): boolean {
    this.#skipCancelled()
    const due = this.#queue.pop()
    if (due?.happen === undefined) return false
    const { happen } = due
    this.cancel(due)
    this.now = Math.max(this.now, due.at)
    this.steps++
    happen()
    this.#options.afterStep?.()
    return true
  }

  /** Time passes in which nothing happens, as for machines that are suspended: what was due in it happens late. */
  sleep (ms: number): void { this.now += ms }

  /** Notes a line of the run's script. Bytes beside it count for the fingerprint alone. */
  note (line: string, bytes?: Uint8Array): void {
    const timed = `${this.now.toFixed(3)} ${line}\n`
    this.#hash.update(timed)
    if (bytes !== undefined) this.#hash.update(bytes)
    this.#options.onTrace?.(timed.trimEnd())
  }

  /** A hash of all that was noted so far: equal for equal runs. */
  fingerprint (): string { return this.#hash.copy().digest('hex') }

  #skipCancelled (): void {
    while (this.#queue.length > 0 && this.#queue.peek()?.happen === undefined) this.#queue.pop()
  }
}

/** Some day in 2026; what it is makes no difference. */
const beginningMs = 1_770_000_000_000

/**
 * What one start of a node has of the time. Its monotonic clock starts anywhere and only grows; its wall clock is off by
 * `skewMs`. Once stopped it fires no more timers, as those of a process that has ended.
 */
export class SimClock implements Clock {
  /** How far the wall clock is ahead of the right time, in milliseconds. It may be changed at any time. */
  skewMs: number
  readonly #world: World
  readonly #random: Random
  readonly #startMs: number
  readonly #timers = new Set<Happening>()

  constructor (world: World, random: Random, skewMs: number) {
    this.#world = world
    this.#random = random
    this.#startMs = random.next() * 1e6 - world.now
    this.skewMs = skewMs
  }

  monotonic (): number { return this.#world.now + this.#startMs }
  wall (): number { return Math.floor(beginningMs + this.#world.now + this.skewMs) }
  random (): number { return this.#random.next() }

  setTimeout (fn: () => void, ms: number): Happening {
    const timer = this.#world.schedule(ms, () => {
      this.#timers.delete(timer)
      fn()
    }, false)
    this.#timers.add(timer)
    return timer
  }

  clearTimeout (handle: unknown): void {
    for (const timer of this.#timers) if (timer === handle) this.#forget(timer)
  }

  stop (): void {
    for (const timer of this.#timers) this.#forget(timer)
  }

  #forget (timer: Happening): void {
    this.#timers.delete(timer)
    this.#world.cancel(timer)
  }
}
