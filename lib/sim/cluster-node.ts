import type { ErrorCode } from '../ground/errors.js'
import { admitValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import { Members } from '../liveness/members.js'
import type { MemberEvent } from '../liveness/events.js'
import type { Records } from '../storage/records.js'
import { Host } from '../stream/host.js'
import { ClusterLoop } from './cluster-loop.js'
import type { Disk } from './disk.js'
import type { Random } from './random.js'
import { Violation } from './violation.js'
import type { World } from './world.js'

/** How the members of a cluster judge each other, and what they keep; all of one cluster do it alike. */
export interface ClusterTimes {
  readonly heartbeatMs: number
  readonly phiThreshold: number
  readonly suspectMs: number
  readonly retentionMs: number
  readonly deletesKept: number
}

export interface ClusterNodeOptions {
  readonly id: string
  /** Tells two holders of one id apart. */
  readonly name: string
  readonly world: World
  readonly random: Random
  readonly times: ClusterTimes
  readonly facts: Readonly<Record<string, unknown>>
  /** How far its wall clock is ahead of the right time at its start, in milliseconds. */
  readonly skewMs: number
  readonly disk: Disk | undefined
  readonly onEvent: (node: ClusterNode, event: MemberEvent) => void
}

/** What there is of a node while it runs. */
interface Running {
  readonly loop: ClusterLoop
  readonly members: Members
  readonly host: Host<MemberEvent>
}

const maxKeyBytes = 1024
const maxValueBytes = 1 << 18

/** One process of a cluster: the production core on the production host, as in Membership. */
export class ClusterNode {
  readonly id: string
  readonly name: string
  readonly disk: Disk | undefined
  /** What it says of itself from each start on. */
  facts: Readonly<Record<string, unknown>>
  /** Why it was told to stop. */
  refusal: ErrorCode | undefined
  isLeaving = false
  #farewell = 0
  #starts = 0
  /** Whether its disk has kept its id. */
  #isKept = false
  readonly #options: ClusterNodeOptions
  #running: Running | undefined
  #skewMs: number

  constructor (options: ClusterNodeOptions) {
    this.#options = options
    this.id = options.id
    this.name = options.name
    this.disk = options.disk
    this.facts = options.facts
    this.#skewMs = options.skewMs
    this.start()
  }

  get isUp (): boolean { return this.#running !== undefined }
  /** Whether it could answer now. */
  get isAwake (): boolean { return this.#running?.loop.isBlocked === false }
  get members (): Members { return this.#use().members }
  get host (): Host<MemberEvent> { return this.#use().host }
  get loop (): ClusterLoop { return this.#use().loop }

  get skewMs (): number { return this.#skewMs }
  set skewMs (ms: number) {
    this.#skewMs = ms
    this.#running?.loop.setSkew(ms)
  }

  start (): void {
    if (this.#running !== undefined) return
    const { world, random, times, disk, id, name, onEvent } = this.#options
    this.refusal = undefined
    this.isLeaving = false
    const loop = new ClusterLoop(world, random.fork(), this.#skewMs)
    // Whoever keeps its id need not be given it: every other start goes without.
    const isUnnamed = this.#isKept && ++this.#starts % 2 === 1
    const members = new Members({
      ...times,
      id: isUnnamed ? undefined : id,
      address: name,
      facts: new Map(Object.entries(this.facts).map(([key, value]) => [key, admit(value)])),
      random: () => loop.random(),
      maxKeyBytes,
      maxValueBytes,
      acceptedSkewMs: 60_000,
      persistent: disk !== undefined,
      durable: false
    }, { monotonic: loop.monotonic(), wall: loop.wall() })
    const host = new Host<MemberEvent>(members, {
      name: 'members',
      kind: 'members',
      clock: loop,
      records: disk === undefined ? undefined : onLoop(disk.open(), loop),
      durable: false,
      onEvents: events => { for (const event of events) this.#hear(event, onEvent) },
      onPeer: () => {},
      onFailure: error => { throw new Violation(`the storage of ${name} failed: ${error.message}`, { cause: error.cause }) }
    })
    this.#running = { loop, members, host }
    if (disk !== undefined) host.whenFlushed(() => { this.#isKept = true })
  }

  #hear (event: MemberEvent, onEvent: ClusterNodeOptions['onEvent']): void {
    if (event.kind === 'refused') this.refusal = event.code
    onEvent(this, event)
  }

  // What its user does, as in Membership

  set (key: string, value: unknown, ttlMs?: number): void {
    const { members, host } = this.#use()
    host.run(members.set(key, admit(value), ttlMs, undefined, host.now()).effects)
  }

  delete (key: string): void {
    const { members, host } = this.#use()
    host.run(members.delete(key, undefined, host.now()).effects)
  }

  condemn (id: string, forGood: boolean): void {
    const { members, host } = this.#use()
    host.run(members.condemn(id, forGood, host.now()))
  }

  leave (): void {
    const { members, host } = this.#use()
    this.isLeaving = true
    const effects = members.leave(host.now())
    this.#farewell = members.sequence
    host.run(effects)
  }

  /** Whether anybody has acknowledged that it leaves. */
  get wasHeardOut (): boolean { return this.members.replicas(this.#farewell) > 0 }

  /** It ends at once. Its links are the cluster's to close, or not. */
  crash (): void {
    this.#running?.loop.stop()
    this.disk?.crash('kill')
    this.#running = undefined
  }

  #use (): Running {
    if (this.#running === undefined) throw new RangeError(`${this.name} is down`)
    return this.#running
  }
}

function admit (value: unknown): Value { return admitValue(value, maxValueBytes).value }

/** Storage answers a process that is blocked when it has woken. */
function onLoop (records: Records, loop: ClusterLoop): Records {
  return {
    load: done => { records.load((error, found) => { loop.arrive(() => { done(error, found) }) }) },
    write: (take, sync, done) => { records.write(take, sync, error => { loop.arrive(() => { done(error) }) }) },
    close: done => { records.close(error => { loop.arrive(() => { done(error) }) }) }
  }
}
