import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { readTap } from './tap.js'
import type { Report } from './tap.js'

export interface FileReport extends Report {
  readonly file: string
  readonly tookMs: number
  /** What it wrote to standard error, for whoever has to find out why it failed. */
  readonly stderr: string
}

/** After its process ended, a file's output may be held open by processes it left behind for so long. */
const drainMs = 5_000

const running = new Set<number>()

/** Runs one test file in a process of its own, straight from its source, and kills whatever it leaves behind. */
export async function runFile (file: string, limitMs: number): Promise<FileReport> {
  const start = performance.now()
  // A group of its own, so that one signal reaches the processes that the test started, too.
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const group = child.pid
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  if (group !== undefined) running.add(group)

  let timedOutMs: number | undefined
  const limit = setTimeout(() => {
    timedOutMs = limitMs
    if (group !== undefined) killGroup(group)
  }, limitMs)

  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => {
      clearTimeout(limit)
      if (group !== undefined) killGroup(group)
      setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, drainMs).unref()
    })
    child.once('close', (code, signal) => {
      if (group !== undefined) running.delete(group)
      const report = readTap(stdout, { code, signal, timedOutMs })
      resolve({ ...report, file, stderr, tookMs: performance.now() - start })
    })
  })
}

/** Ends every test under way: for a runner that was interrupted. */
export function killRunning (): void {
  for (const group of running) killGroup(group)
}

function killGroup (group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Nobody of the group is left, which is what was wanted.
  }
}
