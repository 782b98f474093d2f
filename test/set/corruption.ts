import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { ConsistentSet } from '../../lib/index.js'
import { startScript } from '../support/children.js'
import { once, within } from '../support/waiting.js'

/** What is added, in this order. */
export const elements: readonly string[] = Array.from({ length: 400 }, (_, i) => `element ${String(i).padStart(5, '0')} ${'x'.repeat(i % 200)}`)

/** Directories of one node that was alone. */
export interface Images {
  /** As a process that is killed leaves it. */
  readonly crashed: string
  readonly closed: string
  /** Opened again since, so that LevelDB has made tables of its log. */
  readonly tables: string
}

/** Adds one element after the other, each in a batch of its own. */
export async function makeImages (root: string): Promise<Images> {
  const images = { crashed: join(root, 'crashed'), closed: join(root, 'closed'), tables: join(root, 'tables') }
  const node = (dir: string): { set: ConsistentSet, db: ClassicLevel } => {
    const db = new ClassicLevel(dir)
    return { set: new ConsistentSet({ id: 'a', clusterSize: 1, storage: db }), db }
  }
  const { set, db } = node(images.closed)
  for (const element of elements) await within(set.add(element), element)
  await set.flush()
  cpSync(images.closed, images.crashed, { recursive: true })
  await set.close()
  await db.close()
  cpSync(images.closed, images.tables, { recursive: true })
  for (let i = 0; i < 2; i++) {
    const again = node(images.tables)
    await again.set.ready()
    await again.set.close()
    await again.db.close()
  }
  return images
}

/** What a node makes of each directory: whole, cut, wrong, a code; or aborted, where LevelDB ended the process. */
export async function openAll (dirs: readonly string[]): Promise<string[]> {
  const outcomes: string[] = []
  while (outcomes.length < dirs.length) {
    const child = startScript(new URL('./corruption.script.ts', import.meta.url), dirs.slice(outcomes.length))
    let [stdout, stderr] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', (text: string) => { stdout += text })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text })
    const [exit, signal] = await once(child, 'close', 240_000)
    outcomes.push(...stdout.split('\n').filter(line => line !== ''))
    if (signal === 'SIGABRT') outcomes.push('aborted')
    else if (exit !== 0) throw new Error(stderr)
  }
  return outcomes
}
