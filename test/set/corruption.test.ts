import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import test from 'tape'
import type { Test } from 'tape'
import { ConsistentSet } from '../../lib/index.js'
import { Random } from '../hostile/random.js'
import { code } from '../support/failures.js'
import { within } from '../support/waiting.js'

// A database that lost or altered something: what was stored is there, or the tail is cut where a batch ended, or the node says
// STORAGE_FAILED. TENDRIL_SEED makes it another run.

const random = new Random(Number(process.env['TENDRIL_SEED'] ?? 1))
const root = mkdtempSync(join(tmpdir(), 'tendril-corrupt-'))
test.onFinish(() => { rmSync(root, { recursive: true }) })

const count = 400
const name = (i: number): string => `element ${String(i).padStart(5, '0')} ${'x'.repeat(i % 200)}`

function node (dir: string): { set: ConsistentSet, db: ClassicLevel } {
  const db = new ClassicLevel(dir)
  return { set: new ConsistentSet({ id: 'a', clusterSize: 1, storage: db }), db }
}

/** Adds one after the other, each in a batch of its own: `crashed` as a process that is killed leaves it, `closed` in order, `tables` when it was opened again. */
async function images (): Promise<Record<'crashed' | 'closed' | 'tables', string>> {
  const dirs = { crashed: join(root, 'crashed'), closed: join(root, 'closed'), tables: join(root, 'tables') }
  const { set, db } = node(dirs.closed)
  for (let i = 0; i < count; i++) await within(set.add(name(i)), name(i))
  await set.flush()
  cpSync(dirs.closed, dirs.crashed, { recursive: true })
  await set.close()
  await db.close()
  cpSync(dirs.closed, dirs.tables, { recursive: true })
  for (let i = 0; i < 2; i++) {
    const again = node(dirs.tables)
    await again.set.ready()
    await again.set.close()
    await again.db.close()
  }
  return dirs
}

type Outcome = 'whole' | 'cut' | 'STORAGE_FAILED' | 'wrong'

/** What a node makes of a directory. */
async function open (dir: string): Promise<Outcome> {
  const { set, db } = node(dir)
  set.on('error', () => {})
  try {
    await within(set.ready(), 'ready')
    const there = await within(Promise.all(Array.from({ length: count }, (_, i) => set.has(name(i)))), 'has')
    const kept = there.indexOf(false) === -1 ? count : there.indexOf(false)
    if (there.lastIndexOf(true) >= kept || set.size !== kept || [...set].some(element => !there[Number(element.slice(8, 13))])) return 'wrong'
    return kept === count ? 'whole' : 'cut'
  } catch (error) {
    if (code(error) === 'STORAGE_FAILED') return 'STORAGE_FAILED'
    throw error
  } finally {
    await set.close()
    await db.close()
  }
}

/** Damages copies of an image, and counts what comes of it. */
async function damage (t: Test, image: string, times: number, harm: (dir: string) => string): Promise<Map<Outcome, number>> {
  const outcomes = new Map<Outcome, number>()
  for (let i = 0; i < times; i++) {
    const dir = mkdtempSync(join(root, 'copy-'))
    cpSync(image, dir, { recursive: true })
    const what = harm(dir)
    const outcome = await open(dir)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (outcome === 'wrong') t.fail(what)
    rmSync(dir, { recursive: true })
  }
  t.equal(outcomes.get('wrong') ?? 0, 0, [...outcomes].map(([outcome, n]) => `${outcome} ${n}`).join(', '))
  return outcomes
}

function files (dir: string, pattern: RegExp): string[] { return readdirSync(dir).filter(file => pattern.test(file) && readFileSync(join(dir, file)).length > 0) }

function flip (dir: string, file: string): string {
  const bytes = readFileSync(join(dir, file))
  const at = random.below(bytes.length)
  bytes[at]! ^= 1 << random.below(8)
  writeFileSync(join(dir, file), bytes)
  return `a bit of ${file} at ${at}`
}

const dirs = images()

test('undamaged', async t => {
  for (const image of Object.values(await dirs)) {
    const outcomes = await damage(t, image, 1, () => '')
    t.equal(outcomes.get('whole'), 1)
  }
  t.ok(files((await dirs).tables, /\.ldb$/).length > 0, 'there are tables')
})

test('a log that ends early: a prefix is there', async t => {
  const outcomes = await damage(t, (await dirs).crashed, 40, dir => {
    const [file = ''] = files(dir, /\.log$/)
    const length = random.below(readFileSync(join(dir, file)).length)
    truncateSync(join(dir, file), length)
    return `${file} cut to ${length}`
  })
  t.ok((outcomes.get('cut') ?? 0) > 20)
})

for (const image of ['crashed', 'closed'] as const) {
  test(`a flipped bit in the log of a node that was ${image}`, async t => {
    const outcomes = await damage(t, (await dirs)[image], 40, dir => flip(dir, random.pick(files(dir, /\.log$/))))
    t.ok((outcomes.get('STORAGE_FAILED') ?? 0) > 0, 'LevelDB drops what it can not read in the middle, which is noticed')
  })
}

test('a flipped bit in a table: never a shorter history', async t => {
  const outcomes = await damage(t, (await dirs).tables, 60, dir => flip(dir, random.pick(files(dir, /\.ldb$/))))
  t.equal(outcomes.get('cut'), undefined)
  t.ok((outcomes.get('STORAGE_FAILED') ?? 0) > 5)
})

test('a file that is gone', async t => {
  for (const image of ['crashed', 'tables'] as const) {
    for (const file of files((await dirs)[image], /./)) {
      const outcomes = await damage(t, (await dirs)[image], 1, dir => {
        rmSync(join(dir, file))
        return `${file} is gone`
      })
      if (file.endsWith('.ldb')) t.equal(outcomes.get('STORAGE_FAILED'), 1, file)
    }
  }
})
