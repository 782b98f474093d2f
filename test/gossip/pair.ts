import type { Link } from '../../lib/core.js'
import { Gossip } from '../../lib/gossip/gossip.js'
import type { GossipOptions } from '../../lib/gossip/gossip.js'
import type { Now } from '../../lib/ground/clock.js'

export const start = Date.UTC(2026, 0, 1)

/** A time that tests move by hand; both clocks run together. */
export class Time {
  ms = 0

  now (): Now { return { monotonic: this.ms, wall: start + this.ms } }
}

/** Numbers that look random and are the same in every run. */
export function seeded (seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

let seeds = 1

export function core (id: string, time: Time, options: Partial<GossipOptions> = {}): Gossip {
  return new Gossip({
    id,
    random: seeded(seeds++),
    maxKeyBytes: 1024,
    maxValueBytes: 1 << 18,
    acceptedSkewMs: 60_000,
    maxContext: 1000,
    contextRoom: 3000,
    deletesKept: 10_000,
    retentionMs: 86_400_000,
    persistent: false,
    durable: false,
    ...options
  }, time.now())
}

let links: Link = 1

interface End { readonly core: Gossip, readonly link: Link, readonly time: Time }

/** Two cores on one session, message by message. */
export class Pair {
  readonly #ends: End[]
  messages = 0

  constructor (a: Gossip, b: Gossip, time: Time, timeOfB = time) {
    this.#ends = [{ core: a, link: links++, time }, { core: b, link: links++, time: timeOfB }]
    a.open(this.#end(0).link, { id: b.id, epoch: b.epoch, sends: true, receives: true }, time.now())
    b.open(this.#end(1).link, { id: a.id, epoch: a.epoch, sends: true, receives: true }, timeOfB.now())
  }

  #end (i: number): End {
    const end = this.#ends[i]
    if (end === undefined) throw new Error('a pair has two ends')
    return end
  }

  linkOf (i: number): Link { return this.#end(i).link }

  /** One message from one end to the other. @returns whether there was one */
  step (from: number): boolean {
    const end = this.#end(from)
    const other = this.#end(1 - from)
    const message = end.core.pull(end.link, 1000, end.time.now())
    if (message === undefined) return false
    this.messages++
    other.core.receive(other.link, message, other.time.now())
    for (const { core } of this.#ends) core.check()
    return true
  }

  /** Everything there is to say, both ways. */
  run (): void {
    while (this.step(0) || this.step(1));
  }

  get isSynced (): boolean { return this.#ends.every(({ core, link }) => core.isSynced(link, false)) }

  close (): void {
    for (const { core, link } of this.#ends) core.close(link)
  }
}

/** One session between two cores, from beginning to end. */
export function meet (a: Gossip, b: Gossip, time: Time): number {
  const pair = new Pair(a, b, time)
  pair.run()
  if (!pair.isSynced) throw new Error('a session that has nothing more to say is in sync')
  pair.close()
  return pair.messages
}

/** The visible map. */
export function shown (gossip: Gossip): Record<string, unknown> {
  return Object.fromEntries(Array.from(gossip.replica.visible(), ({ key, value }) => [key, value]))
}
