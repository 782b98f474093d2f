/**
 * Explores all of `explorations.ts`, which takes minutes, and prints what came of it: `npm run test:explore`, or those whose
 * name contains one of the arguments: `npm run test:explore -- '4 acceptors'`.
 */
import { explore } from '../../lib/sim/quorum-explorer.js'
import { explorations } from './explorations.js'

const filters = process.argv.slice(2)
console.log('| configuration | states | transitions | histories | seconds |\n|---|---:|---:|---:|---:|')
for (const { name, isQuick, ...exploration } of explorations) {
  if (filters.length > 0 && !filters.some(filter => name.includes(filter))) continue
  const start = performance.now()
  const { states, transitions, histories, failure } = explore(exploration)
  console.log(`| ${[name, states, transitions, histories, ((performance.now() - start) / 1000).toFixed(1)].join(' | ')} |`)
  if (failure === undefined) continue
  process.exitCode = 1
  console.log(`\n${failure.error.name === 'Violation' ? failure.error.message : failure.error.stack}\n${failure.path.map((step, i) => `  ${i + 1}. ${step}`).join('\n')}\n`)
}
