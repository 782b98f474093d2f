import { Membership } from '../../lib/index.js'
import type { Member, MembershipEvents, MembershipOptions, StreamOptions } from '../../lib/index.js'
import { TestClock } from './clock.js'
import { closeAll, join } from './pairs.js'
import type { Pair } from './pairs.js'
import { turns } from './waiting.js'

/** Short times, of a clock that is moved by hand: no load of the machine can make anybody late. */
export const quick = { heartbeatMs: 100, suspectMs: 300 } as const

const stepMs = 10
const limitMs = 20_000

/** Members in memory that live by one clock. */
export class Village {
  readonly clock = new TestClock()
  readonly #members: Membership[] = []

  /** A member, with the times of {@link quick} where nothing else is said. */
  member (id: string, options: MembershipOptions = {}): Membership {
    const member = new Membership({ id, clock: this.clock, ...quick, ...options })
    this.#members.push(member)
    return member
  }

  link (a: Membership, b: Membership, optionsA?: StreamOptions, optionsB?: StreamOptions): Pair { return join(a, b, optionsA, optionsB) }

  /** Links each member with the next, and waits until all are everywhere. */
  async chain (...members: Membership[]): Promise<Pair[]> {
    const pairs = members.slice(1).map((member, i) => this.link(members[i] as Membership, member))
    await this.until(() => members.every(member => member.alive().length === members.length))
    return pairs
  }

  /** Lets time pass, and what it brings arrive. */
  async pass (ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left))
      await turns(3)
    }
  }

  /** Lets time pass until something holds. */
  async until (condition: () => boolean): Promise<void> {
    await turns(3)
    for (let passed = 0; !condition(); passed += stepMs) {
      if (passed >= limitMs) throw new Error(`not within ${limitMs} ms of the village's time: ${condition.toString()}`)
      await this.pass(stepMs)
    }
  }

  /** Closes all who live here: goodbyes that nobody answers take time of this clock. */
  async close (...members: Membership[]): Promise<void> {
    let isClosed = false
    const closing = closeAll(...members.length > 0 ? members : this.#members).finally(() => { isClosed = true })
    await this.until(() => isClosed)
    await closing
  }
}

const ofMembers = ['join', 'alive', 'suspect', 'dead', 'leave', 'evict', 'restart', 'reap'] as const

/** Notes what a member tells, from now on: `join b`, `update b role "db"`, `error EVICTED`. */
export function journal (member: Membership): string[] {
  const lines: string[] = []
  for (const event of ofMembers) member.on(event, ({ id }: Member) => { lines.push(`${event} ${id}`) })
  for (const event of ['update', 'expire'] as const) {
    member.on(event, (...[{ id }, key, value]: MembershipEvents['update']) => { lines.push(`${event} ${id} ${key} ${JSON.stringify(value)}`) })
  }
  member.on('delete', ({ id }, key) => { lines.push(`delete ${id} ${key}`) })
  member.on('conflict', id => { lines.push(`conflict ${id}`) })
  member.on('error', ({ code }) => { lines.push(`error ${code}`) })
  return lines
}

/** The ids of some members, in order. */
export function ids (members: readonly Member[]): string[] { return members.map(({ id }) => id).sort() }
