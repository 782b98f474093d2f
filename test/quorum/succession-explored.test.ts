import test from 'tape'
import { sealed } from '../../lib/quorum/configuration.js'
import type { Configuration } from '../../lib/quorum/configuration.js'
import { Succession } from '../../lib/quorum/succession.js'
import type { Accepted } from '../../lib/quorum/succession.js'
import { joint, majority } from '../../lib/quorum/systems.js'
import type { QuorumSystem } from '../../lib/quorum/systems.js'
import { termOf } from '../../lib/quorum/terms.js'
import { replace } from './mutants.js'

/** An acceptor: what is durable of it, and what it answered to each PREPARE and ACCEPT, by the number of the ballot. */
interface Acceptor {
  readonly promised: string
  readonly accepted: Accepted | undefined
  readonly promises: ReadonlyArray<{ readonly accepted: Accepted | undefined } | null>
  readonly acknowledged: readonly boolean[]
}

/** `values`: by ballot, what its proposer asks to accept, once a quorum has promised. All that was ever said may arrive at any time, or never. */
interface State {
  readonly acceptors: readonly Acceptor[]
  readonly values: ReadonlyArray<Configuration | null>
}

function value (number: number): Configuration { return sealed([{ id: `value ${number}`, store: 'store' }], true, 0) }

function ballot (number: number): string { return termOf(number + 1, `p${number}`, 1) }

/**
 * Tries every order of messages. A proposer hears a quorum at once: fewer tell it nothing, and more come too late.
 *
 * @returns how many states there are, whether anything is decided in any, and whether two values are
 */
function explore (system: QuorumSystem, ballots: number): { states: number, hasDecided: boolean, isSplit: boolean } {
  const members = system.members
  const subsets = Array.from({ length: 2 ** members.length }, (_, bits) => [...members.keys()].filter(i => (bits >> i) % 2 === 1))
  const quorums = subsets.filter(subset => system.isQuorum(new Set(subset.map(i => members[i]!))))
  const none = Array.from({ length: ballots }, () => null)
  const first: State = {
    acceptors: members.map(() => ({ promised: '', accepted: undefined, promises: none, acknowledged: none.map(() => false) })),
    values: none
  }
  const met = new Set([JSON.stringify(first)])
  const open = [first]
  let [hasDecided, isSplit] = [false, false]
  for (const state of open) {
    const decided = new Set(decisions(state, system))
    hasDecided ||= decided.size > 0
    isSplit ||= decided.size > 1
    for (const next of steps(state, system, quorums)) {
      const key = JSON.stringify(next)
      if (met.has(key)) continue
      met.add(key)
      open.push(next)
    }
  }
  return { states: met.size, hasDecided, isSplit }
}

function * steps ({ acceptors, values }: State, system: QuorumSystem, quorums: ReadonlyArray<readonly number[]>): Generator<State> {
  for (let number = 0; number < values.length; number++) {
    for (const [i, acceptor] of acceptors.entries()) {
      if (values[number] === null) yield { acceptors: acceptors.with(i, prepared(acceptor, number)), values }
      else yield { acceptors: acceptors.with(i, accepted(acceptor, number, values[number]!)), values }
    }
    if (values[number] !== null) continue
    for (const quorum of quorums) {
      const promised = quorum.map(i => acceptors[i]!.promises[number])
      if (promised.includes(null)) continue
      const proposer = new Succession()
      proposer.propose(ballot(number), value(number))
      quorum.forEach((i, at) => proposer.heardPromise(system.members[i]!, ballot(number), promised[at]?.accepted, system))
      yield { acceptors, values: values.with(number, proposer.attempt!.value) }
    }
  }
}

function remade ({ promised, accepted }: Acceptor): Succession { return Object.assign(new Succession(), { promised, accepted }) }

/** The first answer to a PREPARE is the only one: until its proposer has a quorum, a later one says the same or is a refusal. */
function prepared (acceptor: Acceptor, number: number): Acceptor {
  const core = remade(acceptor)
  const reply = core.prepare(ballot(number))
  if (reply.type !== 'next-promise' || acceptor.promises[number] !== null) return acceptor
  return { ...acceptor, promised: core.promised, promises: acceptor.promises.with(number, { accepted: reply.accepted }) }
}

function accepted (acceptor: Acceptor, number: number, configuration: Configuration): Acceptor {
  const core = remade(acceptor)
  const reply = core.accept(ballot(number), configuration)
  if (reply.type !== 'next-accepted') return acceptor
  return { ...acceptor, promised: core.promised, accepted: core.accepted, acknowledged: acceptor.acknowledged.with(number, true) }
}

/** What proposers would learn to be decided, once they hear all that was acknowledged. */
function decisions ({ acceptors, values }: State, system: QuorumSystem): string[] {
  return values.flatMap((value, number) => {
    if (value === null) return []
    const proposer = new Succession()
    proposer.propose(ballot(number), value)
    for (const id of system.members) proposer.heardPromise(id, ballot(number), undefined, system)
    const heard = system.members.map((id, i) => acceptors[i]!.acknowledged[number]! ? proposer.heardAccepted(id, ballot(number), system) : undefined)
    return heard.some(configuration => configuration !== undefined) ? [JSON.stringify(value)] : []
  })
}

const three = majority(['1', '2', '3'], true)
const four = majority(['1', '2', '3', '4'], true)

for (const [name, system, ballots] of [
  ['3 members, 3 ballots', three, 3],
  ['4 members with a tie-breaker, 2 ballots', four, 2],
  ['3 members to whom a fourth comes, 2 ballots', joint(three, four), 2],
  ['3 members of whom one is replaced, 2 ballots', joint(three, majority(['1', '2', '4'], true)), 2]
] as const) {
  test(`one configuration follows an epoch, whatever is lost, doubled or late: ${name}`, t => {
    const { states, hasDecided, isSplit } = explore(system, ballots)
    t.ok(hasDecided, `one is decided, in some of ${states} states`)
    t.notOk(isSplit, 'and no other')
    t.end()
  })
}

for (const [fault, plant] of [
  ['an acceptor forgets its promise', () => replace(Succession.prototype, 'accept', accept => function (this: Succession, ...rest) {
    this.promised = ''
    return accept.apply(this, rest)
  })],
  ['a proposer does not ask what was accepted', () => replace(Succession.prototype, 'heardPromise', heard => function (this: Succession, from, ballot, _, system) {
    return heard.call(this, from, ballot, undefined, system)
  })],
  ['one member alone decides', () => replace(Succession.prototype, 'heardAccepted', heard => function (this: Succession, from, ballot) {
    return heard.call(this, from, ballot, majority(['1'], true))
  })]
] as const) {
  test(`caught: ${fault}`, t => {
    const restore = plant()
    try {
      t.ok(explore(three, 2).isSplit, 'two configurations follow one epoch')
    } finally {
      restore()
    }
    t.end()
  })
}
