import test from 'tape'
import { simulate } from '../../lib/sim/index.js'
import type { Faults } from '../../lib/sim/index.js'
import { Gossip } from '../../lib/gossip/gossip.js'
import { messageType, readMessage } from '../../lib/gossip/messages.js'
import { Replica } from '../../lib/gossip/replica.js'
import { Sources } from '../../lib/gossip/sources.js'

/**
 * The real core with one fault each. A simulator is worth what it catches: every fault must show within so many seeds.
 */
interface Mutant {
  readonly fault: string
  readonly seeds: number
  /** What has to happen often for it to show. */
  readonly faults: Partial<Faults>
  /** Plants it, and answers with what takes it out again. */
  readonly plant: () => () => void
}

const forgetful = { forgetDeletes: 20, delete: 20, hold: 10, cut: 10 }

const mutants: readonly Mutant[] = [
  {
    fault: 'no floor: what was forgotten is told to nobody',
    seeds: 30,
    faults: forgetful,
    plant: () => replace(Sources.prototype, 'raiseFloor', () => () => {})
  },
  {
    fault: 'the digest moves with each entry instead of at closed marks',
    seeds: 60,
    faults: { cut: 20, hold: 10 },
    plant: () => replace(Replica.prototype, 'merge', merge => function (this: Replica, entry, now) {
      const held = merge.call(this, entry, now)
      this.sources.cover(entry.source, entry.version, now)
      return held
    })
  },
  {
    fault: 'a delete is dropped before its dot and its context are covered',
    seeds: 30,
    faults: forgetful,
    plant: () => replace(Replica.prototype, 'isForgettable', () => ({ value }) => value === undefined)
  },
  {
    fault: 'a full join leaves what is superseded',
    seeds: 30,
    faults: forgetful,
    plant: () => replace(Replica.prototype, 'supersede', () => () => {})
  },
  {
    fault: 'what came from a peer is not sent back in a full join either',
    seeds: 60,
    faults: forgetful,
    plant: plantEchoSuppression
  },
  {
    fault: 'a place in a log is accepted after a restart that lost the log',
    seeds: 30,
    faults: { kill: 10, loseDisk: 10, restart: 10 },
    plant: () => {
      const epoch = Object.getOwnPropertyDescriptor(Gossip.prototype, 'epoch') ?? {}
      Object.defineProperty(Gossip.prototype, 'epoch', { configurable: true, get: () => 'always' })
      return () => { Object.defineProperty(Gossip.prototype, 'epoch', epoch) }
    }
  }
]

for (const { fault, seeds, faults, plant } of mutants) {
  test(`caught: ${fault}`, t => {
    const restore = plant()
    let caught: Error | undefined
    let seed = 0
    try {
      while (caught === undefined && seed < seeds) caught = simulate({ seed: ++seed, faults }).failure
    } finally {
      restore()
    }
    t.ok(caught, `by seed ${seed}: ${caught?.message.split('\n')[0]}`)
    t.equal(simulate({ seed, faults }).failure, undefined, 'and without the fault all is well')
    t.end()
  })
}

/** Replaces a method. @returns what puts it back */
function replace<T, K extends keyof T> (prototype: T, name: K, mutate: (method: T[K]) => T[K]): () => void {
  const method = prototype[name]
  prototype[name] = mutate(method)
  return () => { prototype[name] = method }
}

/** In a join the peer takes what it is not sent for superseded: leaving out what came from it there loses that. */
function plantEchoSuppression (): () => void {
  const limits = { maxKeyBytes: 1024, maxValueBytes: 1 << 18, maxStamp: Number.MAX_SAFE_INTEGER }
  const links = new WeakMap<Gossip, Map<number, { came: Set<string>, joins: boolean }>>()
  const linkOf = (gossip: Gossip, link: number): { came: Set<string>, joins: boolean } => {
    const known = links.get(gossip) ?? new Map<number, { came: Set<string>, joins: boolean }>()
    links.set(gossip, known)
    const state = known.get(link) ?? { came: new Set<string>(), joins: false }
    known.set(link, state)
    return state
  }
  const restoreReceive = replace(Gossip.prototype, 'receive', receive => function (this: Gossip, link, message, now) {
    const read = readMessage(message, limits)
    if (read.type === 'delta') for (const { source, version } of read.records) linkOf(this, link).came.add(`${read.sources[source]}#${version}`)
    return receive.call(this, link, message, now)
  })
  const restorePull = replace(Gossip.prototype, 'pull', pull => function (this: Gossip, link, maxBytes, now) {
    const message = pull.call(this, link, maxBytes, now)
    const state = linkOf(this, link)
    if (message?.[0] === messageType.join) state.joins = true
    if (message?.[0] === messageType.joined) state.joins = false
    if (message?.[0] !== messageType.delta || !state.joins) return message
    const [type, position, sources, base, records] = message as [number, number, string[], number, Array<[string, number, number]>]
    return [type, position, sources, base, records.filter(([, source, version]) => !state.came.has(`${sources[source]}#${version}`))]
  })
  return () => {
    restorePull()
    restoreReceive()
  }
}
