import { Membership } from '../../lib/index.js'
import { closeAll, join, part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'
import { journal } from '../support/village.js'
import { until } from '../support/waiting.js'
import { listenTo, read } from './recording.js'
import type { Codec, Recording } from './recording.js'
import type { Assaulted } from './assault.js'
import { strike } from './target.js'
import type { Outcome } from './target.js'

const events = ['join', 'alive', 'suspect', 'dead', 'leave', 'evict', 'restart', 'update', 'delete', 'expire']

/** What one member said: facts, leases, deletes, claims, verdicts, a new life, a farewell. */
export async function recordMembers (codec: Codec): Promise<Recording[]> {
  const times = { heartbeatMs: 20, suspectMs: 5_000 }
  const [a, b, c] = ['recorded', 'listener', 'third'].map(id => new Membership({ id, ...times, facts: { role: id } })) as [Membership, Membership, Membership]
  journal(c)
  const met = join(b, c)
  a.set('all', { list: [1, -1, 0.5, null, true], bytes: Uint8Array.of(1, 2, 3), big: 2n ** 63n, nested: [[{}]] })
  a.set('lease', 1, { ttl: 1e6 })
  const one = a.createStream({ codec })
  const two = b.createStream()
  const said = listenTo(one)
  one.pipe(two).pipe(one)
  await until(() => a.alive().length === 3 && b.alive().length === 3, [a, b], events)
  a.set('live', 'ü')
  a.delete('all')
  await until(() => b.fact('recorded', 'live') === 'ü', [b], events)
  b.fail('recorded')
  const { generation } = a.self
  await until(() => (b.get('recorded')?.generation ?? 0) > generation, [b], events)
  a.evict('third')
  await until(() => b.get('third')?.status === 'evicted', [b], events)
  met.a.destroy()
  await a.leave()
  await part({ a: one, b: two })
  await closeAll(a, b, c)
  return [read(codec, said())]
}

/** The target's own limit. */
export const maxFrameBytes = 65_536

/** A live member that is attacked while it is together with another one. */
export class MembersTarget implements Assaulted {
  readonly members = new Membership({ id: 'target', maxKeyBytes: 64, maxValueBytes: 4_096, maxFrameBytes, facts: { own: 1, bytes: Uint8Array.of(1) } })
  readonly errors: string[] = []
  readonly #friend = new Membership({ id: 'friend', facts: { own: 2 } })
  readonly #pair: Pair
  #probes = 0

  constructor () {
    this.members.on('error', ({ code }) => { this.errors.push(code) })
    this.#pair = join(this.members, this.#friend)
  }

  async ready (): Promise<this> {
    await until(() => this.members.alive().length === 2, [this.members], events)
    return this
  }

  /** Everything about the members that can be seen, but for what the passing of time alone may change: who of earlier attacks is gone by now. */
  get state (): string {
    const all = this.members.all().map(({ facts, status, ...rest }) => [/suspect|dead/.test(status) ? 'alive' : status, rest, [...facts]])
    return JSON.stringify(all, (_, value: unknown) => typeof value === 'bigint' ? `${value}n` : value)
  }

  /** Gives a new stream the chunks, one after the other, and ends it. @throws what is no TendrilError */
  async attack (chunks: readonly Uint8Array[]): Promise<Outcome> { return await strike(this.members.createStream(), chunks, () => this.state) }

  /** Whether it still goes on with the friend it had, and meets a new one. */
  async works (): Promise<boolean> {
    const probe = ++this.#probes
    this.members.set('probe', probe)
    await until(() => this.#friend.fact('target', 'probe') === probe, [this.#friend], events)
    const another = new Membership({ id: `another ${probe}` })
    const pair = join(this.members, another)
    await until(() => another.fact('target', 'probe') === probe && this.members.get(another.id)?.status === 'alive', [another, this.members], events)
    await part(pair)
    await another.close()
    return this.members.get('friend')?.status === 'alive' && this.errors.length === 0 && this.#pair.a.errored === null
  }

  async close (): Promise<void> { await closeAll(this.members, this.#friend) }
}
