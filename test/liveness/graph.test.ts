import fc from 'fast-check'
import test from 'tape'
import { HearingGraph } from '../../lib/liveness/graph.js'
import { Random } from '../../lib/sim/random.js'
import { HearingOracle, questions } from './hearing-oracle.js'
import type { Question } from './hearing-oracle.js'

// TENDRIL_SEED makes it another run.
const seed = Number(process.env['TENDRIL_SEED'] ?? 1)

/** A graph of members who all live their life 1, from edges like 'ab': a hears b. */
function graph (...edges: string[]): HearingGraph {
  const made = new HearingGraph('m')
  for (const id of 'mabcxyz') made.lives(id, '1')
  for (const [from = '', to = ''] of edges) made.hears(from, to, '1')
  return made
}

const reached = (of: HearingGraph): string => [...of.reached()].sort().join('')

/** How many walks the answers take that come after `change`, those after the answers before not counted. */
function walksAfter (of: HearingGraph, change: () => void, ask: () => unknown): number {
  of.chain('m')
  const before = of.walks
  change()
  ask()
  ask()
  return of.walks - before
}

test('members are reached over a chain of hearing, and what one says counts only while it is reached', t => {
  const g = graph('ma', 'ab', 'bx', 'yz')
  t.equal(reached(g), 'abmx')
  t.deepEqual(g.chain('x'), ['a', 'b', 'x'])
  t.equal(g.nextHop('x'), 'a')
  t.deepEqual([g.chain('z'), g.nextHop('z')], [undefined, undefined], 'only one who is not reached hears it')
  t.deepEqual([g.chain('m'), g.nextHop('m')], [[], undefined], 'oneself')
  t.deepEqual([g.chain('nobody'), g.nextHop('nobody'), g.heardBy('nobody')], [undefined, undefined, []])
  g.hearsNot('a', 'b')
  t.equal(reached(g), 'am')
  t.deepEqual(g.heardBy('x'), [], 'b says so, but nobody hears b')
  t.end()
})

test('a slow observer takes away only its own testimony', t => {
  const g = graph('ma', 'mb', 'ax', 'bx')
  t.deepEqual(g.heardBy('x'), ['a', 'b'])
  g.hearsNot('a', 'x')
  t.deepEqual([g.heardBy('x'), g.chain('x')], [['b'], ['b', 'x']])
  g.forget('b')
  t.equal(reached(g), 'abm', 'heard itself, it has nothing more to say')
  t.end()
})

test('two who only hear each other keep nobody alive, themselves included', t => {
  const g = graph('ma', 'ax', 'xy', 'yx', 'ya')
  t.equal(reached(g), 'amxy')
  g.hearsNot('a', 'x')
  t.equal(reached(g), 'am')
  t.end()
})

test('to hear an old life, or one not known yet, is to hear nobody', t => {
  const g = graph('ma', 'ax', 'xy')
  g.lives('x', '2')
  t.equal(reached(g), 'am')
  g.hears('m', 'x', '3')
  t.equal(reached(g), 'am')
  g.hears('m', 'a', '0')
  t.equal(reached(g), 'm', 'one that was heard in its present life before')
  g.hears('m', 'a', '1')
  g.hears('a', 'x', '2')
  t.equal(reached(g), 'amxy')
  t.deepEqual(g.heardBy('x'), ['a'])
  g.lives('x', '3')
  t.deepEqual([reached(g), g.heardBy('x')], ['amxy', ['m']])
  g.lives('x', undefined)
  t.deepEqual([reached(g), g.heardBy('x')], ['am', []])
  g.lives('a stranger', undefined)
  g.check()
  t.end()
})

test('to say that one hears oneself says nothing', t => {
  const g = graph('ma', 'aa', 'xx')
  t.deepEqual([reached(g), g.heardBy('a')], ['am', ['m']])
  t.end()
})

test('who came or went is told once', t => {
  const g = new HearingGraph('m')
  for (const id of 'ab') g.lives(id, '1')
  g.hears('m', 'a', '1')
  g.hears('a', 'b', '1')
  t.deepEqual(g.takeChanged().sort(), ['a', 'b'])
  t.deepEqual(g.takeChanged(), [])
  g.hears('b', 'a', '1')
  t.deepEqual(g.takeChanged(), [], 'what changes nothing is told to nobody')
  g.hearsNot('m', 'a')
  t.deepEqual(g.takeChanged().sort(), ['a', 'b'])
  t.equal(reached(g), 'm')
  t.end()
})

test('one walk for a batch of changes, and none where the last one still proves the answer', t => {
  const g = graph('ma', 'ab', 'bc', 'cx', 'yz')
  const ask = (): unknown => g.reached()
  t.equal(walksAfter(g, () => { for (const id of 'abcxyz') g.hears('m', id, '1') }, ask), 0, 'who comes is put into the tree')
  t.equal(walksAfter(g, () => { g.hears('x', 'a', '1') }, () => g.chain('a')), 0, 'an edge among reached ones')
  t.equal(walksAfter(g, () => { g.hearsNot('c', 'x') }, () => g.chain('x')), 0, 'one outside of the tree goes')
  t.equal(walksAfter(g, () => { g.hearsNot('m', 'y') }, ask), 1, 'one of the tree goes')
  t.equal(walksAfter(g, () => { g.hears('y', 'a', '1') }, () => g.chain('a')), 0, 'what one says who is not reached')
  t.equal(walksAfter(g, () => { g.lives('m', '2') }, ask), 0, 'an own life')
  t.equal(walksAfter(g, () => { g.lives('y', '2') }, ask), 0, 'a life nobody hears')
  t.equal(walksAfter(g, () => { g.hears('a', 'y', '1') }, ask), 0, 'an old life')
  t.equal(walksAfter(g, () => { g.hears('m', 'a', '1') }, ask), 0, 'what was said before')
  g.check()
  t.end()
})

test('a shorter chain costs a walk only when a chain is asked for', t => {
  const g = graph('ma', 'mz', 'ab', 'bc', 'cx')
  t.equal(walksAfter(g, () => { g.hears('z', 'b', '1') }, () => g.chain('b')), 0, 'one as long as the one there is')
  const shorten = (): void => { g.hears('m', 'c', '1') }
  t.equal(walksAfter(g, shorten, () => [g.reached(), g.heardBy('x')]), 0)
  g.check()
  t.deepEqual(g.chain('x'), ['c', 'x'])
  t.deepEqual(g.chain('b'), ['a', 'b'])
  t.end()
})

test('a large graph, changed at random', t => {
  const random = new Random(seed)
  const ids = Array.from({ length: 60 }, (_, i) => `n${i}`)
  const oracle = new HearingOracle('n0')
  const g = new HearingGraph('n0')
  for (const id of ids) for (const one of [g, oracle]) one.lives(id, '1')
  let differences = 0
  for (let i = 0; i < 3_000; i++) {
    const [from, to] = [random.pick(ids), random.pick(ids)]
    const isGone = random.chance(0.48)
    for (const one of [g, oracle]) isGone ? one.hearsNot(from, to) : one.hears(from, to, '1')
    if (random.chance(0.1) && oracle.differs(g, ids, questions) !== undefined) differences++
    g.check()
  }
  t.equal(differences, 0)
  t.end()
})

const ids = ['m', 'a', 'b', 'c', 'd', 'e', 'f']
const [id, life] = [fc.constantFrom(...ids), fc.constantFrom('1', '1', '1', '2')]

/** An edit, made to the graph and to the oracle alike; or a question, one only: each leaves other things put off. */
interface Step { readonly says: string, readonly edit?: (one: HearingGraph | HearingOracle) => void, readonly ask?: Question }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(id, id, life).map((said): Step => ({ says: `hears ${said.join()}`, edit: one => { one.hears(...said) } })) },
  { weight: 5, arbitrary: fc.tuple(id, id).map((said): Step => ({ says: `hearsNot ${said.join()}`, edit: one => { one.hearsNot(...said) } })) },
  { weight: 2, arbitrary: fc.tuple(id, fc.option(life, { nil: undefined, freq: 3 })).map((lived): Step => ({ says: `lives ${lived.join()}`, edit: one => { one.lives(...lived) } })) },
  { weight: 1, arbitrary: id.map((from): Step => ({ says: `forget ${from}`, edit: one => { one.forget(from) } })) },
  { weight: 6, arbitrary: fc.constantFrom(...questions).map((ask): Step => ({ says: ask, ask })) }
)

test('any edits, asked at any time: what a search by brute force finds', t => {
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), steps => {
    const g = new HearingGraph('m')
    const oracle = new HearingOracle('m')
    for (const known of ids) for (const one of [g, oracle]) one.lives(known, '1')
    const compare = (asked: readonly Question[]): void => {
      const difference = oracle.differs(g, ids, asked)
      if (difference !== undefined) throw new Error(difference)
    }
    for (const { edit, ask } of steps) {
      for (const one of [g, oracle]) edit?.(one)
      if (ask !== undefined) compare([ask])
      g.check()
    }
    compare(questions)
  }), { seed, numRuns: 1_000 })
  t.pass('1,000 histories')
  t.end()
})
