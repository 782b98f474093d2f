/**
 * Runs the simulation of the quorum from any number of seeds:
 * `npm run test:quorum -- --seeds N [--from S] [--nodes n] [--actions n]`, or one: `--seed S [--trace]`. Members change with every other
 * seed; with all: `--changes`.
 * Says on standard error how far it is. What fails is printed with the one command that replays it.
 */
import { parseArgs } from 'node:util'
import { simulateQuorum } from '../../lib/sim/quorum-simulate.js'
import type { QuorumReport } from '../../lib/sim/quorum-simulate.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    nodes: { type: 'string' },
    actions: { type: 'string' },
    changes: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false }
  }
})

const from = Number(values.seed ?? values.from)
const seeds = values.seed === undefined ? Number(values.seeds) : 1
const nodes = values.nodes === undefined ? undefined : Number(values.nodes)
const actions = values.actions === undefined ? undefined : Number(values.actions)
const onTrace = values.trace ? (line: string) => { console.log(line) } : undefined

const failed: number[] = []
let sum = { steps: 0, calls: 0, answered: 0 }
const start = performance.now()
for (let seed = from; seed < from + seeds; seed++) {
  const report = simulateQuorum({ seed, nodes, actions, changes: values.changes || seed % 2 === 0, onTrace })
  sum = { steps: sum.steps + report.steps, calls: sum.calls + report.calls, answered: sum.answered + report.answered }
  if (report.failure !== undefined) fail(report, report.failure)
  if ((seed - from + 1) % 100 === 0) progress(seed - from + 1)
}
progress(seeds)
console.log(`${seeds - failed.length} of ${seeds} seeds passed, ${sum.steps} steps, ${sum.answered} of ${sum.calls} calls answered`)
if (failed.length > 0) {
  console.log(`failed: ${failed.slice(0, 50).join(' ')}`)
  process.exitCode = 1
}

function fail ({ seed, fingerprint }: QuorumReport, failure: Error): void {
  failed.push(seed)
  const isExpected = failure.name === 'Violation'
  console.log(`seed ${seed} failed: ${isExpected ? failure.message : failure.stack}\n  fingerprint ${fingerprint}`)
  const more = [['--nodes', nodes], ['--actions', actions]].map(([name, value]) => value === undefined ? '' : ` ${name} ${value}`).join('') + (values.changes ? ' --changes' : '')
  console.log(`  npm run test:quorum -- --seed ${seed}${more} --trace`)
}

function progress (done: number): void {
  const perSecond = done / (performance.now() - start) * 1000
  console.error(`${done} of ${seeds} seeds, ${failed.length} failed, ${perSecond.toFixed(1)} a second`)
}
