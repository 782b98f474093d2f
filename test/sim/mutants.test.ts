import test from 'tape'
import { simulate } from '../../lib/sim/index.js'
import type { Faults } from '../../lib/sim/index.js'
import { Forgetting } from '../../lib/gossip/forgetting.js'
import { Gossip } from '../../lib/gossip/gossip.js'
import { messageType } from '../../lib/gossip/messages.js'
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
    seeds: 150,
    faults: { set: 60, cut: 30, hold: 20, stall: 10 },
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
    plant: () => replace(Forgetting.prototype, 'blocker', () => () => undefined)
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
    seeds: 150,
    faults: { set: 80, kill: 8, loseDisk: 4, hold: 20, delete: 0, forgetDeletes: 0, stall: 0, jump: 0 },
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

/** What of DELTA concerns the fault. */
type Delta = [type: number, position: number, sources: string[], base: number, entries: Array<[key: string, source: number, version: number]>]

/** In a join the peer takes what it is not sent for superseded: leaving out what came from it there loses that. */
function plantEchoSuppression (): () => void {
  const links = new WeakMap<Gossip, Map<number, Echoes>>()
  const echoesOf = (gossip: Gossip, link: number): Echoes => {
    const known = links.get(gossip) ?? new Map<number, Echoes>()
    const echoes = known.get(link) ?? { came: new Set<string>(), joins: false }
    links.set(gossip, known.set(link, echoes))
    return echoes
  }
  const restoreReceive = replace(Gossip.prototype, 'receive', receive => function (this: Gossip, link, message, now) {
    const effects = receive.call(this, link, message, now)
    if (message[0] === messageType.delta) {
      const [, , sources, , entries] = message as Delta
      for (const [, source, version] of entries) echoesOf(this, link).came.add(`${sources[source]}#${version}`)
    }
    return effects
  })
  const restorePull = replace(Gossip.prototype, 'pull', pull => function (this: Gossip, link, maxBytes, now) {
    const message = pull.call(this, link, maxBytes, now)
    const echoes = echoesOf(this, link)
    if (message?.[0] === messageType.join) echoes.joins = true
    if (message?.[0] === messageType.joined) echoes.joins = false
    if (message?.[0] !== messageType.delta || !echoes.joins) return message
    const [type, position, sources, base, entries] = message as Delta
    return [type, position, sources, base, entries.filter(([, source, version]) => !echoes.came.has(`${sources[source]}#${version}`))]
  })
  return () => {
    restorePull()
    restoreReceive()
  }
}

/** What came over a link, and whether a join is under way on it. */
interface Echoes { readonly came: Set<string>, joins: boolean }
