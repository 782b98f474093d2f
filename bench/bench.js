import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { withEnds } from './harness/pair.js'
import { median } from './harness/statistics.js'
import { digits, table } from './harness/table.js'

const all = ['first-sync', 'live-updates', 'hot-updates', 'reconnect', 'stalled-reader', 'heap', 'latency', 'set-adds', 'set-has', 'set-hot', 'set-gap']
const labels = { 'tendril-ndjson': 'tendril, ndjson', 'json-lines': 'JSON lines into a Map', 'framed-msgpack': 'framed msgpack into a Map', tcp: 'bare TCP', 'tendril-set': 'tendril' }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } }
})
const rounds = Number(values.rounds)
const names = positionals.length === 0 ? all : positionals
const unknown = names.filter(name => !all.includes(name))
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`usage: npm run bench [-- [--json] [--rounds 5] [name ...]], where a name is one of: ${all.join(', ')}`)
  process.exit(2)
}

const results = []
for (const name of names) {
  const measure = await import(`./measures/${name}.js`)
  const result = await run(name, measure)
  results.push(result)
  if (!values.json) console.log(`\n## ${measure.title}\n\n${print(measure, result)}`)
}
if (values.json) console.log(JSON.stringify({ node: process.version, platform: process.platform, cores: availableParallelism(), results }, null, 2))

/** Runs the systems in turns, A B C A B C, so that whatever else the machine does falls on all alike. */
async function run (name, measure) {
  const rows = new Map(measure.systems.map(system => [system, []]))
  for (let i = 0; i < rounds; i++) {
    for (const system of measure.systems) {
      if (!values.json) process.stderr.write(`\r\x1b[K${name}, round ${i + 1} of ${rounds}: ${system}`)
      rows.get(system).push(await withEnds(name, system, measure.ids ?? ['a', 'b'], measure.round))
    }
  }
  if (!values.json) process.stderr.write('\r\x1b[K')
  return { name, rounds: Object.fromEntries(rows) }
}

function print (measure, { rounds: rows }) {
  const columns = measure.metrics.flatMap(({ name, ratios }) => [
    { title: name, of: system => digits(median(rows[system].map(row => row[name]))) },
    ...(ratios ? measure.references : []).map(reference => ({
      title: `x ${reference}`,
      // Of each round its own ratio, and then the median: what slowed one round slowed both.
      of: system => digits(median(rows[system].map((row, i) => row[name] / rows[reference][i][name])))
    }))
  ])
  return table(['', ...columns.map(({ title }) => title)], measure.systems.map(system => (
    [labels[system] ?? system, ...columns.map(({ of }) => of(system))]
  )))
}
