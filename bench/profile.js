import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withEnds } from './harness/pair.js'
import { table } from './harness/table.js'

// Where the time goes: npm run profile -- live-updates [tendril]
const [name = 'first-sync', system = 'tendril'] = process.argv.slice(2)
const { title, round, ids = ['a', 'b'] } = await import(`./measures/${name}.js`)
const folder = mkdtempSync(join(tmpdir(), 'tendril-profile-'))
process.env.BENCH_PROFILE = folder

const figures = await withEnds(name, system, ids, round)
console.log(`\n## ${title}: ${system}\n\n${JSON.stringify(figures)}\n\nProfiles: ${folder}`)
for (const id of ids) {
  const rows = hottest(JSON.parse(readFileSync(join(folder, `${id}.cpuprofile`), 'utf8')))
  console.log(`\n### End ${id}\n\n${table(['function', 'self %', 'self ms', 'total %'], rows)}`)
}

/** The functions that took the most time by themselves, of the time in which the process was not idle. */
function hottest ({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id])))
  const self = new Map()
  const total = new Map()
  let busy = 0
  samples.forEach((id, i) => {
    const ms = timeDeltas[i] / 1000
    const label = labelOf(byId.get(id).callFrame)
    // The last is the profiler itself, being started.
    if (label === '(idle)' || label === 'dispatch') return
    busy += ms
    self.set(label, (self.get(label) ?? 0) + ms)
    const stack = new Set()
    for (let at = id; at !== undefined; at = parents.get(at)) stack.add(labelOf(byId.get(at).callFrame))
    for (const frame of stack) total.set(frame, (total.get(frame) ?? 0) + ms)
  })
  const percent = ms => (100 * ms / busy).toFixed(1)
  return [...self].sort((a, b) => b[1] - a[1]).slice(0, 25)
    .map(([label, ms]) => [label, percent(ms), ms.toFixed(0), percent(total.get(label))])
}

function labelOf ({ functionName, url, lineNumber }) {
  const file = url.split('/').slice(-2).join('/')
  return `${functionName || 'anonymous'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`
}
