/**
 * Runs the simulations of membership, larger and longer than `npm test` does, and prints what came of them:
 * `npm run test:members -- detection [--sizes 10,30,100] [--seeds N]`, `-- blocked [--minutes N] [--seeds N]`,
 * `-- visitors`, `-- soak [--from S] [--seeds N] [--seed S --trace]`. A thousand nodes take several GB of memory.
 */
import { parseArgs } from 'node:util'
import { runBlocked } from './membership-blocked.js'
import { runDetection } from './membership-detection.js'
import { runSoak } from './membership-soak.js'
import { runVisitors } from './membership-visitors.js'
import type { Detection, DetectionReport } from './membership-detection.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '10,30,100,300' },
    minutes: { type: 'string', default: '10' },
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false }
  }
})

const from = Number(values.seed ?? values.from)
const seeds = Array.from({ length: values.seed === undefined ? Number(values.seeds) : 1 }, (_, i) => from + i)
const runs: Record<string, () => void> = { detection, blocked, soak, visitors }

for (const name of positionals.length === 0 ? Object.keys(runs) : positionals) {
  const run = runs[name]
  if (run === undefined) throw new RangeError(`there is no run '${name}', only ${Object.keys(runs).join(', ')}`)
  run()
}

function detection (): void {
  console.log('| nodes | seed | closing: suspect p50 / max | dead p50 / max | silent: suspect p50 / max | dead p50 / max | idle bytes/s per node | false alarms | heap MB |')
  console.log('|---:|---:|---:|---:|---:|---:|---:|---:|---:|')
  const reports = values.sizes.split(',').flatMap(size => seeds.map(seed => {
    const report = runDetection(Number(size), seed)
    console.log(row(report))
    if (!isGood(report)) process.exitCode = 1
    return report
  }))
  console.log(`\nsilent crash until all know, one mark for 100 ms\n${reports.map(plot).join('\n')}`)
}

function row ({ size, seed, closing, silent, idleBytes, falseAlarms, heapBytes }: DetectionReport): string {
  const times = ({ suspect, dead }: Detection): string[] => [suspect, dead].map(({ half, last }) => `${half} / ${last}`)
  return `| ${[size, seed, ...times(closing), ...times(silent), idleBytes.toFixed(1), falseAlarms, (heapBytes / 1e6).toFixed(0)].join(' | ')} |`
}

function isGood ({ size, closing, silent, idleBytes, falseAlarms }: DetectionReport): boolean {
  const moreMs = size > 100 ? 1_000 : 0
  const allKnow = [closing, silent].every(({ dead, observers }) => dead.count === observers)
  return allKnow && closing.dead.last <= 3_000 + moreMs && silent.dead.last <= 7_000 + moreMs && idleBytes < 1_000 && falseAlarms === 0
}

function plot ({ size, silent }: DetectionReport): string {
  return `${String(size).padStart(5)} ${'#'.repeat(Math.round(silent.dead.last / 100))} ${silent.dead.last} ms`
}

function blocked (): void {
  console.log('| seed | minutes | false deaths | suspicions | true crash known first / p50 / last | unaware |\n|---:|---:|---:|---:|---:|---:|')
  for (const seed of seeds) {
    const { falseDeaths, suspicions, dead, unaware } = runBlocked({ seed, minutes: Number(values.minutes) })
    console.log(`| ${[seed, values.minutes, falseDeaths.length, suspicions, `${dead.first} / ${dead.half} / ${dead.last}`, unaware.length].join(' | ')} |`)
    if (falseDeaths.length + unaware.length > 0 || dead.last > 12_000) process.exitCode = 1
  }
}

function soak (): void {
  const failed = seeds.filter(seed => {
    try {
      runSoak(seed, values.trace ? line => { console.log(line) } : undefined)
      return false
    } catch (error) {
      console.log(`seed ${seed}: ${error instanceof Error && error.name !== 'Violation' ? error.stack : String(error)}`)
      return true
    }
  })
  console.log(`${seeds.length - failed.length} of ${seeds.length} seeds passed`)
  if (failed.length > 0) process.exitCode = 1
}

function visitors (): void {
  const { before, after, heapBefore, heapAfter } = runVisitors(200, 10_000, came => {
    if (came % 500 === 0) console.log(`${came} came and went after ${(performance.now() / 1000).toFixed(0)} s`)
  })
  console.log(`10,000 visitors: [members, entries, sources] ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`)
  console.log(`heap ${(heapBefore / 1e6).toFixed(1)} MB before, ${(heapAfter / 1e6).toFixed(1)} MB after`)
  if (JSON.stringify(before) !== JSON.stringify(after)) process.exitCode = 1
}
