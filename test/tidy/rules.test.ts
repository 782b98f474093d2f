import test from 'tape'
import { importCycles, upwardImports } from './house.js'
import { atMostLines, coresAreDeterministic, holdsTypesAlone, neverLoaded, noAny, noSleeps, noTestLeftOut, nothingSilenced, traces } from './rules.js'
import type { Rule } from './rules.js'
import { parse } from './source.js'

/** Each rule with texts that it must let pass and texts that it must find: a rule that finds nothing proves nothing. */
function check (name: string, path: string, rule: Rule, good: readonly string[], bad: readonly string[]): void {
  test(name, t => {
    for (const text of good) t.deepEqual(rule(parse(path, text)), [], text)
    for (const text of bad) t.equal(rule(parse(path, text)).length, 1, text)
    t.end()
  })
}

check('a core imports downwards', 'lib/liveness/phi.ts', upwardImports,
  ["import './phi-window.js'", "import '../gossip/log.js'", "import type { Now } from '../ground/clock.js'", "import '../core.js'"],
  ["import '../quorum/lane.js'", "import type { Host } from '../stream/host.js'", "export * from '../index.js'",
    "await import('../sim/world.js')", "type M = import('../model.js').Model", "import '../../test/run.js'"])

check('gossip stands beside liveness', 'lib/gossip/log.ts', upwardImports, ["import '../wire/size.js'"], ["import '../liveness/phi.js'"])
check('the top sees all of the house', 'lib/vine.ts', upwardImports,
  ["import './model.js'", "import './overlay/dial.js'"], ["import './index.js'", "import './cli/demo.js'", "import './sim/index.js'"])
check('a folder of no layer', 'lib/utils/misc.ts', upwardImports, [], ["import '../ground/ids.js'", ''])

check('cores', 'lib/gossip/log.ts', coresAreDeterministic,
  ["import TinyQueue from 'tinyqueue'", 'clock.setTimeout(f)', 'a.process', 'const b = { Date: 1 }', 'Math.max(1)', '// new Date()', "'process'"],
  ["import { once } from 'node:events'", "import type { Duplex } from 'readable-stream'", 'new Date()', 'Date.now()', 'Math.random()',
    'setTimeout(f)', 'const p = { process }', 'let b: Buffer', 'performance.now()', 'queueMicrotask(f)'])

check('types alone', 'lib/core.ts', holdsTypesAlone,
  ["import type { Now } from './ground/clock.js'\nexport interface A {}\nexport type B = A", "import type { A } from './ground/a.js'\nexport type { A }"],
  ['export const a = 1', "import { a } from './ground/ids.js'", 'function f () {}'])

check('lines', 'examples/a.ts', atMostLines(2, 'two'), ['a\nb\n', 'a\nb', ''], ['a\nb\nc'])

check('sleeps', 'test/a.test.ts', noSleeps,
  ["await once(a, 'sync')", 'await new Promise((resolve, reject) => setTimeout(() => reject(late), 1000))', 'await new Promise(resolve => setImmediate(resolve))'],
  ["import { setTimeout as wait } from 'node:timers/promises'", 'await delay(10)', 'await Promise.all([sleep (1)])',
    'await new Promise(resolve => setTimeout(resolve, 10))', 'new Promise<void>(done => { setTimeout(() => done(), 10) })'])

check('any', 'lib/a.ts', noAny, ['// any', 'const any = 1', 'let a: unknown'], ['let a: any', 'f(a as any)', 'let a: Array<any>'])

check('silenced', 'lib/a.ts', nothingSilenced, ['// ignore'],
  ['ts-ignore', 'ts-nocheck'].map(word => `// @${word}`).concat(['// eslint' + '-disable-next-line', '/* c8 ' + 'ignore next */']))

check('left out', 'test/a.test.ts', noTestLeftOut,
  ['skips.skip(1)', 'skip()', '({ skip: false })', 'const only = 1'],
  ["test.only('a', f)", "t.skip('b')", "test('a', { skip: true }, f)"])

test('cycles', t => {
  const a = parse('lib/ground/a.ts', "import './b.js'")
  const b = parse('lib/ground/b.ts', "import type { C } from './c.js'")
  const c = parse('lib/ground/c.ts', "export * from './a.js'")
  t.deepEqual(importCycles([a, b]), [])
  t.deepEqual(importCycles([a, b, c]), ['lib/ground/a.ts -> lib/ground/b.ts -> lib/ground/c.ts -> lib/ground/a.ts'])
  t.end()
})

test('files that no test loads', t => {
  const lib = [
    parse('lib/model.ts', "import './ground/a.js'\nimport type { B } from './ground/b.js'"),
    parse('lib/ground/a.ts', 'export const a = 1'),
    parse('lib/ground/b.ts', 'export class B {}'),
    parse('lib/ground/c.ts', 'export interface C {}')
  ]
  t.deepEqual(neverLoaded(lib, [parse('test/model.test.ts', "import '../lib/model.js'")]), ['lib/ground/b.ts is loaded by no test'])
  t.end()
})

test('traces', t => {
  t.equal(traces('a', '/' + 'work/main').length, 1)
  t.equal(traces('a', 'https://' + 'registry' + '.npmjs.org/a').length, 1)
  t.deepEqual(traces('a', 'net/' + 'work/s, registry, "resolve"'), [])
  t.end()
})
