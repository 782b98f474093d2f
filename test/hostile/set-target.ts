import { laneCount } from '../../lib/quorum/lanes.js'
import type { ConsistentSet, StreamOptions } from '../../lib/index.js'
import { Cluster, comes } from '../set/cluster.js'
import { closeAll } from '../support/pairs.js'
import { within } from '../support/waiting.js'
import type { Assaulted } from './assault.js'
import { listenTo, read } from './recording.js'
import type { Codec, Recording } from './recording.js'
import { strike } from './target.js'
import type { Outcome } from './target.js'

/** The members of all clusters here: so what was recorded in one is of the same origin in the next. */
const ids = ['friend', 'recorded', 'target']
/** The target's own limit. */
export const maxFrameBytes = 140_000

const numberField = 8
const bodyField = 13

/** What a member said. Envelopes are numbered anew whenever they are looked at, or a relay would take them once. */
class Said implements Recording {
  static #number = 1_000_000
  readonly codec: Codec
  readonly hello: Buffer
  readonly #frames: ReadonlyArray<readonly unknown[]>

  constructor ({ codec, hello }: Recording, frames: ReadonlyArray<readonly unknown[]>) {
    this.codec = codec
    this.hello = hello
    this.#frames = frames
  }

  get frames (): ReadonlyArray<readonly unknown[]> {
    return this.#frames.map(frame => frame.map((field, i) => i === numberField ? ++Said.#number : field))
  }
}

/** Bodies, as they are numbered. */
const names = ['prepare', 'promise', 'accept', 'ack', 'refuse', 'redirect', 'forward', 'answer', 'read', 'repair', 'value', 'ping', 'pong', 'tend', 'owned', 'configuration', 'forming',
  'invite', 'welcome', 'greet', 'greeted', 'nextPrepare', 'nextPromise', 'nextAccept', 'nextAccepted', 'nextRefuse', 'synced'] as const
export const types = Object.fromEntries(names.map((name, i) => [name, i])) as Readonly<Record<typeof names[number], number>>

const term = '00000009target  00000001'
const cell = [true, 'token', `${term}00000001`, ['target', 1, 1, 0, 'token', `${term}00000001`]]
const list = [['friend', 'x', 'target', 'y'], true, 1]

/** What is seldom said. */
const rare: ReadonlyArray<readonly unknown[]> = [
  [types.refuse, 3, term], [types.redirect, 4, term], [types.tend, 5, term], [types.owned, 6, term], [types.repair, 1, 1, 'element', `${term}00000001`, cell],
  [types.value, 1, 1, `${term}00000001`, cell], [types.value, 1, 1], [types.ping], [types.pong], [types.nextPrepare, term], [types.nextPromise, term, false], [types.nextRefuse, term],
  [types.synced, '0'.repeat(laneCount / 4)], [types.forming, 3, true, list, [list, list]], [types.welcome]
]

/** Of these some are no damage but lies, after which the members are others. */
const grave: ReadonlyArray<readonly unknown[]> = [
  [types.invite], [types.nextPromise, term, [term, ['origin', 2, ['target', 'x'], false, true]]], [types.nextAccept, term, ['origin', 2, ['target', 'x'], ['friend', 'x'], true]],
  [types.nextAccepted, term], [types.greet, 'boot'], [types.greeted, 'boot', false], [types.configuration, ['origin', 2, ['target', 'x'], false, true], ['target', 'y']]
]

/** What one member said to another: in which elements come and go at all three, and lanes change their owner. `isGrave`: of who the members are as well. */
export async function recordSet (codec: Codec, isGrave: boolean): Promise<Recording[]> {
  const cluster = new Cluster(ids, 'chain')
  const [friend, recorded, target] = cluster.sets as [ConsistentSet, ConsistentSet, ConsistentSet]
  cluster.cut('recorded', 'target')
  const said = listenedTo(recorded, target, { codec })
  for (let i = 0; i < 12; i++) {
    const element = `element ${i}`
    await within(Promise.all([friend.add(element).catch(() => {}), recorded.add(element).catch(() => {}), target.add(element).catch(() => {})]), 'adds')
    await within(Promise.all(cluster.sets.map(set => set.holder(element))), 'reads')
    if (i % 3 === 0) await within(target.rem(element), 'a removal')
  }
  await comes(() => cluster.sets.every(({ size }) => size === 8))
  const heard = read(codec, said())
  await cluster.close()
  const withBody = (body: readonly unknown[]): unknown[] => heard.frames[0]!.map((field, i) => i === bodyField ? body : field)
  const isOfMembers = (frame: readonly unknown[]): boolean => (frame[bodyField] as readonly number[])[0]! >= types.configuration
  const frames = heard.frames.filter(frame => isGrave || !isOfMembers(frame))
  // So many are enough to choose from: whatever comes before the damage is said each time.
  const picked = frames.filter((_, i) => i < 30 || i % Math.ceil(frames.length / 60) === 0)
  return [new Said(heard, [...picked, ...[...rare, ...isGrave ? grave : []].map(withBody)])]
}

function listenedTo (one: ConsistentSet, other: ConsistentSet, options: StreamOptions): () => Buffer {
  const stream = one.createStream(options)
  const said = listenTo(stream)
  stream.pipe(other.createStream()).pipe(stream)
  return said
}

/** A live member that is attacked in the name of the third, while it is together with the second. */
export class SetTarget implements Assaulted {
  readonly #cluster = new Cluster(ids, 'mesh', () => ({ maxFrameBytes }))
  readonly #isGrave: boolean
  #probes = 0

  constructor (isGrave: boolean) {
    this.#isGrave = isGrave
    this.#cluster.cut('friend', 'recorded')
    this.#cluster.cut('recorded', 'target')
  }

  get set (): ConsistentSet { return this.#cluster.get('target') }

  async ready (): Promise<this> {
    const friend = this.#cluster.get('friend')
    await comes(() => this.set.state === 'ready' && friend.state === 'ready')
    await within(this.set.add('own'), 'an add')
    return this
  }

  /** Everything about the set that can be seen, but for who can be reached, which the attack's own stream changes. */
  get state (): string {
    const { state, members, epoch, queued } = this.set.status()
    const { elements, tombstones } = this.set.stats()
    return JSON.stringify([[...this.set], state, members, epoch, queued, elements, tombstones])
  }

  /** Gives a new stream the chunks, one after the other, and ends it. @throws what is no TendrilError */
  async attack (chunks: readonly Uint8Array[]): Promise<Outcome> { return await strike(this.set.createStream(), chunks, () => this.state) }

  /** Whether the two go on together, and the honest line between them has not been refused by either. */
  async works (): Promise<boolean> {
    const pair = this.#cluster.pairs.get('friendtarget')!
    const isWhole = pair.a.errored === null && pair.b.errored === null && !pair.a.destroyed && !pair.b.destroyed
    if (this.#isGrave || !isWhole) return isWhole
    const friend = this.#cluster.get('friend')
    const probe = `probe ${++this.#probes}`
    await within(Promise.all([this.set.add(`${probe} a`), friend.add(`${probe} b`)]), 'adds')
    const [one, other] = await within(Promise.all([friend.has(`${probe} a`), this.set.has(`${probe} b`)]), 'reads')
    await within(Promise.all([friend.rem(`${probe} a`), this.set.rem(`${probe} b`)]), 'removals')
    return one && other
  }

  async close (): Promise<void> {
    await closeAll(...this.#cluster.sets)
    this.#cluster.forget()
  }
}
