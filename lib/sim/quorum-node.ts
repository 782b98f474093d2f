import type { Clock } from '../ground/clock.js'
import type { TendrilError } from '../ground/errors.js'
import { Quorum } from '../quorum/quorum.js'
import type { QuorumEvent } from '../quorum/quorum.js'
import { Host } from '../stream/host.js'
import type { Crash } from './disk.js'
import { Disk } from './disk.js'
import type { Random } from './random.js'
import { expect } from './violation.js'
import { SimClock } from './world.js'
import type { World } from './world.js'

export interface QuorumNodeOptions {
  readonly id: string
  readonly world: World
  readonly random: Random
  readonly members?: readonly string[] | undefined
  readonly clusterSize?: number | undefined
  readonly tieBreaker: boolean
  readonly patienceMs: number
  readonly nextHop?: ((to: string) => string | undefined) | undefined
  readonly onEvents: (node: QuorumNode, events: readonly QuorumEvent[]) => void
  /** Its storage has failed. */
  readonly onFailure: (node: QuorumNode, error: TendrilError) => void
}

/** A clock whose timers wait while the process is stopped, as by SIGSTOP. Whoever reads it is about to do something. */
class NodeClock implements Clock {
  readonly inner: SimClock
  readonly #node: QuorumNode

  constructor (inner: SimClock, node: QuorumNode) {
    this.inner = inner
    this.#node = node
  }

  monotonic (): number {
    this.#node.touches++
    return this.inner.monotonic()
  }

  wall (): number { return this.inner.wall() }
  random (): number { return this.inner.random() }
  setTimeout (fn: () => void, ms: number): unknown {
    return this.inner.setTimeout(() => {
      if (this.#node.pausedMs > 0) this.inner.setTimeout(fn, this.#node.pausedMs)
      else fn()
    }, ms)
  }

  clearTimeout (handle: unknown): void { this.inner.clearTimeout(handle) }
}

/** A member: the production core on the production host, with a clock and a disk of this world. */
export class QuorumNode {
  readonly id: string
  readonly disk: Disk
  readonly #options: QuorumNodeOptions
  #running: { readonly core: Quorum, readonly host: Host<QuorumEvent>, readonly clock: NodeClock } | undefined
  #pausedUntil = 0
  /** How far its wall clock is ahead, in milliseconds. */
  #skewMs = 0
  isUp = false
  /** How often it has done something. */
  touches = 0

  constructor (options: QuorumNodeOptions) {
    this.#options = options
    this.id = options.id
    this.disk = new Disk(options.world)
    this.disk.remembers = true
  }

  get core (): Quorum | undefined { return this.#running?.core }
  get host (): Host<QuorumEvent> | undefined { return this.#running?.host }
  get pausedMs (): number { return Math.max(0, this.#pausedUntil - this.#options.world.now) }

  pause (ms: number): void { this.#pausedUntil = this.#options.world.now + ms }
  resume (): void { this.#pausedUntil = 0 }

  /** Its wall clock is set to another time. */
  jump (skewMs: number): void {
    this.#skewMs = skewMs
    if (this.#running !== undefined) this.#running.clock.inner.skewMs = skewMs
  }

  start (): void {
    if (this.#running !== undefined) return
    const { world, random, members, clusterSize, tieBreaker, patienceMs, id, nextHop, onEvents, onFailure } = this.#options
    const clock = new NodeClock(new SimClock(world, random.fork(), this.#skewMs), this)
    const now = { monotonic: clock.monotonic(), wall: clock.wall() }
    const core = new Quorum({ id, members, clusterSize, tieBreaker, patienceMs, random: () => clock.random(), persistent: true, nextHop }, now)
    const host = new Host(core, {
      name: 'set',
      kind: 'set',
      clock,
      records: this.disk.open(),
      durable: true,
      onEvents: events => { onEvents(this, events) },
      onPeer: () => {},
      onFailure: error => { onFailure(this, error) }
    })
    this.#running = { core, host, clock }
    host.whenReady(error => {
      if (error !== undefined || this.#running?.host !== host) return
      expect(!this.disk.isDamaged, () => `${id} takes a damaged store for a whole one`)
      this.isUp = true
    })
  }

  crash (kind: Crash): void {
    if (this.#running === undefined) return
    this.disk.crash(kind)
    this.#running.clock.inner.stop()
    this.#running = undefined
    this.isUp = false
  }
}
