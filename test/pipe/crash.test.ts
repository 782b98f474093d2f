import test from 'tape'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as pathOf } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { Model } from '../../lib/index.js'
import type { Value } from '../../lib/index.js'
import { Random } from '../hostile/random.js'
import { startScript } from '../support/children.js'
import { closing } from '../support/pairs.js'
import { once, until, within } from '../support/waiting.js'

// kill -9 of a node in the middle of much traffic both ways, never closed in between: what it had acknowledged, and what it
// had told of itself, is there when it comes back. TENDRIL_KILLS says how often, TENDRIL_SEED replays the moments.

const seed = Number(process.env['TENDRIL_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
const kills = Number(process.env['TENDRIL_KILLS'] ?? 10)
const script = new URL('crash.script.ts', import.meta.url)

/** What the child holds after it was killed, read from a copy, so that it finds things as it left them. */
async function heldAt (dir: string): Promise<Map<string, Value>> {
  const copy = mkdtempSync(pathOf(tmpdir(), 'tendril-crash-copy-'))
  cpSync(dir, copy, { recursive: true })
  const storage = new ClassicLevel(copy)
  const model = new Model({ storage })
  await model.ready()
  if (model.id !== 'child') throw new Error(`storage is of ${model.id}`)
  const held = new Map(model)
  await model.close()
  await storage.close()
  rmSync(copy, { recursive: true, force: true })
  return held
}

/** Writes all the time, and knows of each key the last value that the child has acknowledged. */
class Writer {
  readonly #model: Model
  readonly #written = new Map<string, number | undefined>()
  acknowledged = new Map<string, number | undefined>()
  isStopped = false
  count = 0

  constructor (model: Model) {
    this.#model = model
  }

  async run (): Promise<void> {
    while (!this.isStopped) {
      for (let i = 0; i < 5; i++) this.#write()
      const written = new Map(this.#written)
      await this.#model.replicated()
      this.acknowledged = written
    }
  }

  #write (): void {
    const count = ++this.count
    const key = `parent/${count % 50}`
    if (count % 7 === 0 && this.#model.delete(key)) {
      this.#written.set(key, undefined)
    } else {
      this.#model.set(key, count)
      this.#written.set(key, count)
    }
  }
}

for (const durability of ['durable', 'not durable']) {
  test(`${kills} times kill -9, ${durability}, TENDRIL_SEED=${seed}`, async t => {
    const dir = mkdtempSync(pathOf(tmpdir(), 'tendril-crash-'))
    const random = new Random(seed)
    const parent = new Model({ id: 'parent' })
    const writer = new Writer(parent)
    const writing = writer.run()
    let [checked, updates] = [0, 0]
    parent.on('update', (_key, _value, { local }) => { if (!local) updates++ })

    const start = (): { child: ReturnType<typeof startScript>, ended: () => Promise<unknown>, stream: ReturnType<Model['createStream']> } => {
      const child = startScript(script, [dir, durability], { stdio: ['pipe', 'pipe', 'inherit'] })
      const stream = parent.createStream()
      if (child.stdin === null || child.stdout === null) throw new Error('they are pipes')
      stream.pipe(child.stdin)
      child.stdout.pipe(stream)
      const exit = once(child, 'exit', 120_000)
      return { child, stream, ended: () => Promise.all([exit, closing(stream)]) }
    }

    for (let round = 0; round < kills; round++) {
      const { child, ended } = start()
      const enough = updates + (round % 5 === 0 ? 1 : random.below(500))
      await until(() => updates >= enough, [parent], ['update'], 60_000)
      const acknowledged = writer.acknowledged
      const told = [...parent].filter(([key]) => key.startsWith('child/'))
      child.kill('SIGKILL')
      await within(ended(), 'the end of the child')
      const held = await heldAt(dir)
      for (const [key, value] of acknowledged) {
        const found = held.get(key)
        checked++
        // Later writes may have got there, too; an absent key is one that was deleted, then or since.
        const isThere = found === undefined ? value === undefined || parent.get(key) !== value : value === undefined || Number(found) >= value
        if (!isThere) t.fail(`round ${round}: ${key} was acknowledged as ${value}, and is ${JSON.stringify(found)}`)
      }
      for (const [key, value] of told) {
        checked++
        if (!(Number(held.get(key)) >= Number(value))) t.fail(`round ${round}: ${key} was told as ${JSON.stringify(value)}, and is ${JSON.stringify(held.get(key))}`)
      }
    }

    const { stream, ended } = start()
    await once(stream, 'sync', 60_000)
    writer.isStopped = true
    await within(writing, 'the last acknowledgement')
    parent.set('leave', true)
    await within(ended(), 'the end of the child')
    await stop(parent)
    const [held, expected] = [await heldAt(dir), new Map(parent)]
    t.deepEqual([...held].sort(), [...expected].sort(), 'at the end both hold the same')
    t.ok(checked > kills * 50, `${checked} values were there after ${kills} kills, ${writer.count} written by the parent, ${updates} taken from the child`)
    rmSync(dir, { recursive: true, force: true })
  })
}

async function stop (model: Model): Promise<void> {
  await within(model.close(), 'close')
}
