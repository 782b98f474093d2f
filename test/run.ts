/**
 * Runs the tests: every `test/**` file named `*.test.ts`, or those whose path contains one of the arguments, each in a
 * process of its own. Prints a line a file and what failed; the last line is `N passed, N failed`.
 */
import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { killRunning, runFile } from './runner/run-file.js'
import type { FileReport } from './runner/run-file.js'

/** Tests that start child processes gain by a second core; more at once would only disturb each other's timers. */
const atOnce = 2
const limitMs = 300_000
const stderrLines = 40

const root = join(import.meta.dirname, '..')

function findTests (filters: readonly string[]): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join('test', name).split(sep).join('/'))
    .filter(name => filters.length === 0 || filters.some(filter => name.includes(filter)))
    .sort()
}

function print (report: FileReport): void {
  const good = report.problem === undefined && report.failures.length === 0
  const failed = failures(report)
  console.log(`${good ? 'ok  ' : 'FAIL'} ${report.file}: ${report.passed} passed${
    failed === 0 ? '' : `, ${failed} failed`} (${(report.tookMs / 1000).toFixed(1)} s)`)
  for (const failure of report.failures) console.log(indent(failure))
  if (report.problem !== undefined) console.log(indent(`not ok ${report.file} ${report.problem}`))
  if (!good && report.stderr !== '') {
    console.log(indent(report.stderr.trimEnd().split('\n').slice(-stderrLines).join('\n')))
  }
}

function failures (report: FileReport): number {
  return report.failures.length + (report.problem === undefined ? 0 : 1)
}

function indent (text: string): string {
  return text.replace(/^/gm, '    ')
}

async function main (filters: readonly string[]): Promise<void> {
  process.chdir(root)
  const waiting = findTests(filters)
  if (waiting.length === 0) {
    console.error(`No test file's path contains ${filters.join(' or ')}`)
    process.exitCode = 1
  }
  let passed = 0
  let failed = 0
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const report = await runFile(file, limitMs)
      passed += report.passed
      failed += failures(report)
      print(report)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (failed > 0) process.exitCode = 1
  console.log(`${passed} passed, ${failed} failed`)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killRunning()
    process.exit(1)
  })
}

await main(process.argv.slice(2).map(name => name.replace(/^\.\//, '')))
