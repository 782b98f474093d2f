import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import type { Test } from 'tape'
import { Random } from '../hostile/random.js'
import { makeImages, openAll } from './corruption.js'
import type { Images } from './corruption.js'

// A database that lost or altered something: what was stored is there, or the tail is cut where a batch ended, or the node says
// STORAGE_FAILED. TENDRIL_SEED makes it another run.

const random = new Random(Number(process.env['TENDRIL_SEED'] ?? 1))
const root = mkdtempSync(join(tmpdir(), 'tendril-corrupt-'))
test.onFinish(() => { rmSync(root, { recursive: true }) })

/** Damages copies of an image, and counts what comes of it. */
async function damage (t: Test, image: string, times: number, harm: (dir: string, i: number) => string): Promise<Map<string, number>> {
  const copies = Array.from({ length: times }, (_, i) => {
    const dir = mkdtempSync(join(root, 'copy-'))
    cpSync(image, dir, { recursive: true })
    return { dir, what: harm(dir, i) }
  })
  const outcomes = new Map<string, number>()
  for (const [i, outcome] of (await openAll(copies.map(({ dir }) => dir))).entries()) {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    if (!['whole', 'cut', 'STORAGE_FAILED', 'aborted'].includes(outcome)) t.fail(`${outcome}: ${copies[i]?.what}`)
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

const dirs: Promise<Images> = makeImages(root)

test('undamaged', async t => {
  for (const image of ['crashed', 'closed', 'tables'] as const) {
    const outcomes = await damage(t, (await dirs)[image], 1, () => '')
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
  t.ok((outcomes.get('STORAGE_FAILED') ?? 0) > 5, 'LevelDB may abort the process as well')
})

test('a file that is gone', async t => {
  for (const image of ['crashed', 'tables'] as const) {
    const names = files((await dirs)[image], /./)
    const outcomes = await damage(t, (await dirs)[image], names.length, (dir, i) => {
      rmSync(join(dir, names[i] ?? ''))
      return `${names[i]} is gone`
    })
    t.ok((outcomes.get('STORAGE_FAILED') ?? 0) >= names.filter(file => file.endsWith('.ldb')).length, 'without a table nothing is answered')
  }
})
