import test from 'tape'
import { simulate } from '../../lib/sim/index.js'

/** `npm run test:sim -- --seeds N` runs as many more as there is time for. */
const seeds = 300

test('replicas converge, whatever happens to them, and hold what the oracle says', t => {
  const failures: string[] = []
  let healed = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure, healedMs } = simulate({ seed })
    if (failure !== undefined) failures.push(`npm run test:sim -- --seed ${seed} --trace: ${failure.message}`)
    if (healedMs > 0) healed++
  }
  t.deepEqual(failures, [], `${seeds} seeds`)
  t.ok(healed > seeds / 2, 'in most runs there was something left to heal')
  t.end()
})

test('the same seed is the same run, byte for byte', t => {
  for (const seed of [3, 11, 34]) {
    const lines: string[] = []
    const first = simulate({ seed, onTrace: line => { lines.push(line) } })
    const again: string[] = []
    const second = simulate({ seed, onTrace: line => { again.push(line) } })
    t.equal(second.fingerprint, first.fingerprint, `seed ${seed}`)
    t.ok(lines.length > 100, 'it can be read')
    t.deepEqual(again, lines)
  }
  t.notEqual(simulate({ seed: 3 }).fingerprint, simulate({ seed: 11 }).fingerprint, 'another seed is another run')
  t.end()
})

test('what is asked for is what happens', t => {
  const lines: string[] = []
  const calm = { cut: 0, hold: 0, stall: 0, jump: 0, restart: 0, kill: 0, power: 0, loseDisk: 0, failDisk: 0 }
  const report = simulate({ seed: 5, nodes: 2, actions: 30, faults: calm, onTrace: line => { lines.push(line) } })
  t.equal(report.failure, undefined)
  t.equal(report.nodes, 2)
  t.ok(report.writes > 0)
  const before = lines.slice(0, lines.findIndex(line => line.endsWith('all is well')))
  t.ok(before.some(line => line.includes(' sets ')))
  t.notOk(before.some(line => /cut|stall|clock|kill|power|disk/.test(line)), 'nothing is done to the nodes')
  t.end()
})
