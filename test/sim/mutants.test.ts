import test from 'tape'
import { simulate } from '../../lib/sim/index.js'
import type { Faults } from '../../lib/sim/index.js'
import { Forgetting } from '../../lib/gossip/forgetting.js'
import { Gossip } from '../../lib/gossip/gossip.js'
import { messageType } from '../../lib/gossip/messages.js'
import { Replica } from '../../lib/gossip/replica.js'
import { Sources } from '../../lib/gossip/sources.js'
import { core, meet, Pair, shown, Time } from '../gossip/pair.js'

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

/**
 * In which order things come makes this one rare, since a full join is taken in whole: `relay` gives `reader` a later change of the
 * writer's, not yet what took the place of an earlier one, and is lost with that. Random runs do not meet it in thousands.
 */
function readsBehindARelayThatIsLost (): Record<string, unknown> {
  const time = new Time()
  const [writer, relay, reader] = [core('writer', time), core('relay', time), core('reader', time)]
  const long = 'x'.repeat(1_000)
  writer.set('k', long, undefined, time.now())
  writer.set('other', long, undefined, time.now())
  meet(writer, relay, time)
  relay.set('k', 'what is lost', undefined, time.now())
  const pair = new Pair(relay, reader, time)
  while (reader.replica.get('other') === undefined) if (!pair.step(0)) pair.step(1)
  pair.close()
  meet(reader, writer, time)
  return shown(reader)
}

test('caught: the digest moves with each entry instead of at closed marks', t => {
  const restore = replace(Replica.prototype, 'merge', merge => function (this: Replica, entry, now) {
    const held = merge.call(this, entry, now)
    this.sources.cover(entry.source, entry.version, now)
    return held
  })
  t.notOk('k' in readsBehindARelayThatIsLost(), 'the earlier change is taken for known')
  restore()
  t.ok('k' in readsBehindARelayThatIsLost(), 'and without the fault all is well')
  t.end()
})

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
