import test from 'tape'
import { readTap } from './tap.js'
import type { Ending } from './tap.js'

const clean: Ending = { code: 0, signal: null, timedOutMs: undefined }
const lines = (...text: string[]): string => text.join('\n') + '\n'

test('a file that passes', t => {
  const report = readTap(lines('TAP version 13', '# one', 'ok 1 is', '# two', 'ok 2 was', '', '1..2', '# ok'), clean)
  t.deepEqual(report, { passed: 2, failures: [], problem: undefined })
  t.end()
})

test('a failing assertion is told with its test and its details', t => {
  const report = readTap(lines(
    '# one', 'ok 1 is', '# two', 'not ok 2 was', '  ---', '    expected: 1', '  ...', 'ok 3 will be', '', '1..3', '# fail 1'
  ), { ...clean, code: 1 })
  t.equal(report.passed, 2)
  t.deepEqual(report.failures, ['# two\nnot ok 2 was\n  ---\n    expected: 1\n  ...'])
  t.equal(report.problem, undefined)
  t.end()
})

test('two failures in a row are two', t => {
  const report = readTap(lines('not ok 1 a', '  ---', '  ...', 'not ok 2 b', '  ---', '  ...', '', '1..2'), { ...clean, code: 1 })
  t.equal(report.failures.length, 2)
  t.equal(report.passed, 0)
  t.end()
})

test('what a test prints by itself is not an assertion', t => {
  const report = readTap(lines('ok 7 of my own', 'ok 1 is', 'ok then', 'not ok 1 a second time', '1..1'), clean)
  t.deepEqual(report, { passed: 1, failures: [], problem: undefined })
  t.end()
})

test('a file that does not get to its end fails, whatever it has asserted', t => {
  const half = lines('# one', 'ok 1 is')
  t.match(readTap(half, clean).problem ?? '', /ended before/, 'exited early with code 0')
  t.match(readTap(half, { ...clean, code: 7 }).problem ?? '', /code 7/, 'crashed')
  t.match(readTap(half, { ...clean, code: null, signal: 'SIGSEGV' }).problem ?? '', /SIGSEGV/)
  t.match(readTap(half, { code: null, signal: 'SIGKILL', timedOutMs: 2_000 }).problem ?? '', /running after 2 s/)
  t.match(readTap('', clean).problem ?? '', /ended before/, 'printed nothing')
  t.match(readTap(lines('ok 1 is', '1..2'), clean).problem ?? '', /planned 2/)
  t.match(readTap(lines('1..0'), clean).problem ?? '', /asserted nothing/)
  t.match(readTap(lines('ok 1 is', '1..1'), { ...clean, code: 1 }).problem ?? '', /code 1/, 'failed on its way out')
  t.end()
})
