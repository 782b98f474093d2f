import type { Entry } from '../gossip/entry.js'
import { Gossip } from '../gossip/gossip.js'
import type { GossipEvent } from '../gossip/outbox.js'
import type { TendrilError } from '../ground/errors.js'
import { randomId } from '../ground/ids.js'
import { admitValue } from '../ground/values.js'
import { Host } from '../stream/host.js'
import type { Crash, Disk } from './disk.js'
import type { Random } from './random.js'
import { SimClock } from './world.js'
import type { World } from './world.js'

export interface SimNodeOptions {
  readonly id: string
  readonly world: World
  readonly random: Random
  /** Without it the node keeps its state in memory alone, and loses it whenever it goes down. */
  readonly disk: Disk | undefined
  /** Whether its batches are synced. */
  readonly durable: boolean
  readonly deletesKept: number
  /** Of how many sources an entry's context tells at most, once the digest covers them. */
  readonly maxContext: number
  /** How long a source must have been silent to be retired, in milliseconds. */
  readonly retentionMs: number
  readonly observer: NodeObserver
}

/** What the rest of a simulation has to hear of a node. */
export interface NodeObserver {
  /** It begins with what its disk holds. `wasClean`: it had been stopped in order, or never run. */
  readonly onStart: (node: SimNode, wasClean: boolean) => void
  /** Its user wrote this entry, of which nothing was made yet. */
  readonly onEntry: (node: SimNode, entry: Entry) => void
  /** It writes a batch that holds all that it holds by now: the number that the disk keeps as the batch's mark. */
  readonly onWrite: (node: SimNode) => number
  /** Its storage failed: its connections are to be refused. */
  readonly onFailure: (node: SimNode, error: TendrilError) => void
}

/** `loading`: it reads its disk. `leaving`: it is being stopped. `failed`: its disk failed, and it accepts nothing. */
export type NodePhase = 'down' | 'loading' | 'up' | 'leaving' | 'failed'

const maxKeyBytes = 1024
const maxValueBytes = 1 << 18
const acceptedSkewMs = 60_000

/** What there is of a node while it runs. */
interface Running {
  readonly clock: SimClock
  readonly gossip: Gossip
  readonly host: Host<GossipEvent>
}

/**
 * One node: the production core on the production host, with a clock and a disk of this world. It does around them what
 * a Model does, and can be stopped, killed, and started again.
 */
export class SimNode {
  readonly id: string
  readonly disk: Disk | undefined
  readonly durable: boolean
  phase: NodePhase = 'down'
  /** Tells the node, in its hellos, from those that it was before. */
  instance = ''
  /** Something was done to it since it was last looked at. */
  isTouched = false
  readonly #options: SimNodeOptions
  #running: Running | undefined
  #skewMs = 0
  #wasClean = true

  constructor (options: SimNodeOptions) {
    this.#options = options
    this.id = options.id
    this.disk = options.disk
    this.durable = options.durable
  }

  /** The core, from the start until the node goes down. */
  get gossip (): Gossip | undefined { return this.#running?.gossip }
  get host (): Host<GossipEvent> | undefined { return this.#running?.host }

  /** How far its wall clock is ahead of the right time, in milliseconds. */
  get skewMs (): number { return this.#skewMs }
  set skewMs (ms: number) {
    this.#skewMs = ms
    if (this.#running !== undefined) this.#running.clock.skewMs = ms
  }

  /** Starts it, if it is down. With a disk it is `loading` for a while. */
  start (): void {
    if (this.phase !== 'down') return
    const { world, random, disk, durable, observer } = this.#options
    const clock = new SimClock(world, random.fork(), this.#skewMs)
    const gossip = this.#core(clock)
    this.instance = this.token()
    this.isTouched = true
    this.phase = 'loading'
    observer.onStart(this, this.#wasClean)
    this.#wasClean = false
    if (disk !== undefined) disk.onWrite = () => observer.onWrite(this)
    const host = new Host(gossip, {
      name: 'model',
      kind: 'model',
      clock,
      records: disk?.open(),
      durable,
      onEvents: () => { this.isTouched = true },
      onPeer: () => { this.isTouched = true },
      onFailure: error => {
        this.phase = 'failed'
        observer.onFailure(this, error)
      }
    })
    this.#running = { clock, gossip, host }
    host.whenReady(error => { if (error === undefined) this.phase = 'up' })
  }

  #core (clock: SimClock): Gossip {
    const { id, disk, durable, deletesKept, maxContext, retentionMs } = this.#options
    const now = { monotonic: clock.monotonic(), wall: clock.wall() }
    const random = (): number => clock.random()
    const persistent = disk !== undefined
    return new Gossip({ id, random, maxKeyBytes, maxValueBytes, maxContext, contextRoom: maxContext * 2, acceptedSkewMs, retentionMs, deletesKept, persistent, durable }, now)
  }

  /** 24 characters that nobody else draws. */
  token (): string {
    return randomId(() => this.#options.random.next(), 24)
  }

  // What its user does, as in Model

  /**
   * @returns false where that is no change
   * @throws TendrilError with code CLOSED or STORAGE_FAILED
   */
  set (key: string, value: unknown, ttlMs?: number): boolean {
    const { gossip, host } = this.#use()
    const admitted = admitValue(value, maxValueBytes).value
    host.assertOpen()
    const { entry, effects } = gossip.set(key, admitted, ttlMs, host.now())
    if (effects === undefined) return false
    this.#wrote(entry)
    host.run(effects)
    return true
  }

  /**
   * @returns false where there is nothing to delete
   * @throws TendrilError with code CLOSED or STORAGE_FAILED
   */
  delete (key: string): boolean {
    const { gossip, host } = this.#use()
    host.assertOpen()
    const deleted = gossip.delete(key, host.now())
    if (deleted === undefined) return false
    this.#wrote(deleted.entry)
    host.run(deleted.effects)
    return true
  }

  /** What is written before storage has been read is written once more when it has been: only then it counts. */
  #wrote (entry: Entry): void {
    if (this.phase === 'up') this.#options.observer.onEntry(this, entry)
  }

  /** Forgets delete records, at a moment when nobody expects it. */
  forgetDeletes (kept: number): void {
    const { gossip, host } = this.#use()
    host.run(gossip.forgetDeletes(kept))
  }

  #use (): Running {
    if (this.#running === undefined) throw new RangeError(`${this.id} is down`)
    this.isTouched = true
    return this.#running
  }

  // Its end

  /** Stops it in order, once `leave` has called back: it says goodbye on every connection. */
  stop (leave: (done: () => void) => void): void {
    const running = this.#running
    if (running === undefined || this.phase !== 'up') return
    this.phase = 'leaving'
    leave(() => {
      if (this.#running !== running || this.phase !== 'leaving') return
      running.host.shut(error => {
        if (this.#running !== running) return
        this.#wasClean = error === undefined && this.disk !== undefined
        if (!this.#wasClean) this.disk?.crash('kill')
        this.#down()
      })
    })
  }

  /** Ends it at once. Its connections are the network's to cut. */
  crash (kind: Crash): void {
    if (this.phase === 'down') return
    this.disk?.crash(kind)
    this.#wasClean = false
    this.#down()
  }

  #down (): void {
    this.phase = 'down'
    this.#running?.clock.stop()
    this.#running = undefined
  }
}
