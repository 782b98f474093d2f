import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { ClassicLevel } from 'classic-level'
import { Model } from '../../lib/index.js'
import { startScript } from '../support/children.js'
import { once, within } from '../support/waiting.js'

// kill -9 of a node with storage, at random moments, over and over. KILL_ROUNDS sets how often.

const rounds = Number(process.env['KILL_ROUNDS'] ?? 8)
const script = new URL('kill.script.ts', import.meta.url)

/** What a round leaves behind: the numbers up to which the child must have kept what was written. */
interface Told {
  /** The child acknowledged the parent's numbers up to here. */
  acknowledged: number
  /** The parent's last number, acknowledged or not. */
  written: number
}

/** Writes to the child, takes in what it writes, and kills it after so many acknowledgements and bytes. */
async function round (parent: Model, location: string, durable: boolean, told: Told, acknowledgements: number): Promise<void> {
  const child = startScript(script, [location, String(durable)], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (child.stdin === null || child.stdout === null) throw new Error('they are pipes')
  const stream = parent.createStream()
  child.stdout.pipe(stream).pipe(child.stdin)
  const gone = once(child, 'exit')
  await once(stream, 'hello', 60_000)
  for (let i = 0; i < acknowledgements; i++) {
    const number = told.written++
    parent.set(`parent:${number}`, number)
    // Some are killed while an acknowledgement is under way.
    if (i === acknowledgements - 1) break
    await within(parent.replicated(), 'an acknowledgement', 60_000)
    told.acknowledged = told.written
  }
  child.kill('SIGKILL')
  await gone
  if (!stream.closed) await once(stream, 'close')
}

/** What the killed node has on its disk, read by one who is alone with it. */
async function kept (location: string): Promise<Map<string, unknown>> {
  const database = new ClassicLevel(location)
  const model = new Model({ id: 'child', storage: database })
  await model.ready()
  const map = new Map<string, unknown>(model)
  await model.close()
  await database.close()
  return map
}

for (const durable of [false, true]) {
  test(`killed ${rounds} times, durable ${String(durable)}: all that was acknowledged is there, and nothing that was never written`, async t => {
    const location = await mkdtemp(join(tmpdir(), 'tendril-kill-'))
    const parent = new Model({ id: 'parent' })
    const told: Told = { acknowledged: 0, written: 0 }
    for (let i = 0; i < rounds; i++) {
      await round(parent, location, durable, told, 1 + (i * 7) % 23)
      const map = await kept(location)
      t.deepEqual(missing(map, 'parent', told.acknowledged), [], `round ${i}: what it acknowledged, up to ${told.acknowledged}`)
      const seen = [...parent.keys()].filter(key => /^child:\d/.test(key))
      t.deepEqual(seen.filter(key => map.get(key) !== parent.get(key)), [], `what it told, ${seen.length} keys`)
      const heard = Number(parent.get('child:hot') ?? -1)
      t.ok(Number(map.get('child:hot') ?? -1) >= heard, 'and the last value of a key that is written over and over')
      t.deepEqual(invented(map, told.written), [], 'nothing else')
    }
    t.deepEqual(await differences(parent, location), [], 'a last life holds what the parent holds')
    await parent.close()
    await rm(location, { recursive: true })
  })
}

function missing (map: Map<string, unknown>, writer: string, end: number): string[] {
  const keys = Array.from({ length: end }, (_, i) => `${writer}:${i}`)
  return keys.filter((key, i) => map.get(key) !== i)
}

/** Keys and values that nobody can have written. */
function invented (map: Map<string, unknown>, written: number): string[] {
  return [...map].filter(([key, value]) => {
    const [writer, number] = key.split(':')
    if (number === 'hot') return typeof value !== 'number'
    return Number(number) !== value || (writer === 'parent' && Number(number) >= written)
  }).map(([key]) => key)
}

/** The keys on which the disk's last owner and the parent differ once they are in sync. */
async function differences (parent: Model, location: string): Promise<string[]> {
  const database = new ClassicLevel(location)
  const child = new Model({ id: 'child', storage: database })
  await child.ready()
  const streams = [parent.createStream(), child.createStream()] as const
  streams[0].pipe(streams[1]).pipe(streams[0])
  await Promise.all(streams.map(stream => once(stream, 'sync', 60_000)))
  const keys = new Set([...parent.keys(), ...child.keys()])
  const differing = [...keys].filter(key => parent.get(key) !== child.get(key))
  await child.close()
  await database.close()
  return differing
}
