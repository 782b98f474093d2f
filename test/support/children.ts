import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { once } from './waiting.js'

/** Starts a TypeScript file of the tests in a process of its own, which ends with this one. */
export function startScript (url: URL, args: readonly string[] = [], options: SpawnOptions & { nodeArgs?: readonly string[] } = {}): ChildProcess {
  const { nodeArgs = [], ...rest } = options
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...nodeArgs, fileURLToPath(url), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...rest
  })
  const kill = (): void => { child.kill('SIGKILL') }
  process.once('exit', kill)
  child.once('exit', () => { process.removeListener('exit', kill) })
  return child
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script to its end. */
export async function runScript (url: URL, args: readonly string[] = [], nodeArgs: readonly string[] = [], limitMs = 60_000): Promise<Outcome> {
  const child = startScript(url, args, { nodeArgs })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  try {
    const [code] = await once(child, 'close', limitMs)
    return { code: code as number | null, stdout, stderr }
  } finally {
    child.kill('SIGKILL')
  }
}
