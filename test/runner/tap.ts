/** What one test file's output says. */
export interface Report {
  readonly passed: number
  /** Each failing assertion: the test it stands in, and its lines as they were printed. */
  readonly failures: readonly string[]
  /** Why the file failed beyond its assertions: it crashed, ended early, or asserted nothing. */
  readonly problem: string | undefined
}

/** How a test's process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly timedOutMs: number | undefined
}

const assertion = /^(not )?ok (\d+)\b/
const plan = /^1\.\.(\d+)$/

/**
 * Reads the TAP that tape printed. A line only counts as an assertion when it carries the next number, so that what a
 * test prints by itself is not taken for one. tape prints its plan last: without it, the file did not get to its end.
 */
export function readTap (output: string, ending: Ending): Report {
  const failures: string[] = []
  let passed = 0
  let planned: number | undefined
  let heading = ''
  let failing: string[] | undefined
  for (const line of output.split('\n')) {
    const found = assertion.exec(line)
    if (found !== null && Number(found[2]) === passed + failures.length + (failing === undefined ? 0 : 1) + 1) {
      if (failing !== undefined) failures.push(failing.join('\n'))
      failing = found[1] === undefined ? undefined : [heading, line]
      if (failing === undefined) passed++
    } else if (failing !== undefined && (line.startsWith('  ') || line === '')) {
      failing.push(line)
    } else if (line.startsWith('# ')) {
      if (failing !== undefined) failures.push(failing.join('\n'))
      failing = undefined
      heading = line
    } else if (plan.test(line)) {
      planned = Number(line.slice(3))
    }
  }
  if (failing !== undefined) failures.push(failing.join('\n'))
  return { passed, failures, problem: problemOf(passed, failures.length, planned, ending) }
}

function problemOf (passed: number, failed: number, planned: number | undefined, ending: Ending): string | undefined {
  if (ending.timedOutMs !== undefined) return `was still running after ${ending.timedOutMs / 1000} s`
  if (ending.signal !== null) return `was killed by ${ending.signal}`
  if (planned === undefined) return `ended before its tests did, with code ${ending.code}`
  if (planned !== passed + failed) return `planned ${planned} assertions, printed ${passed + failed}`
  if (planned === 0) return 'asserted nothing'
  if (ending.code !== 0 && failed === 0) return `exited with code ${ending.code}`
  return undefined
}
