import type { Test } from 'tape'
import { isErrorCode } from '../../lib/ground/errors.js'
import { beginsWhole, draw } from './damage.js'
import { Random } from './random.js'
import type { Recording } from './recording.js'
import type { Outcome } from './target.js'

/** What is attacked: a live structure that replicates with another one. */
export interface Assaulted {
  attack: (chunks: readonly Uint8Array[]) => Promise<Outcome>
  /** Whether it still does what it is for. */
  works: () => Promise<boolean>
  close: () => Promise<void>
}

export interface AssaultOptions {
  readonly seed: number
  readonly inputs: number
  readonly recordings: readonly Recording[]
  readonly target: () => Promise<Assaulted>
  readonly maxFrameBytes: number
  /** After so many inputs it must still work, and after so many it is replaced by a fresh one. */
  readonly checkEvery: number
  readonly replaceEvery: number
}

/** Real traffic, damaged at random: each piece is valid all the same, or ends its one stream with a code and changes nothing. */
export async function assault (t: Test, { seed, inputs, recordings, maxFrameBytes, checkEvery, replaceEvery, ...options }: AssaultOptions): Promise<void> {
  const uncaught: unknown[] = []
  const onUncaught = (error: unknown): void => { uncaught.push(error) }
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  const random = new Random(seed)
  const codes = new Map<string, number>()
  let target = await options.target()
  for (let i = 0; i < inputs; i++) {
    const { codec, chunks } = draw(recordings, random)
    const last = chunks.at(-1) ?? Buffer.alloc(0)
    const fail = (what: string): void => { t.fail(`${what}: input ${i} of seed ${seed}, ${codec}: ${last.toString(codec === 'ndjson' ? 'utf8' : 'hex').slice(0, 400)}`) }
    try {
      const { code, hasChanged } = await target.attack(chunks)
      codes.set(code ?? 'taken', (codes.get(code ?? 'taken') ?? 0) + 1)
      if (code !== undefined && !isErrorCode(code)) fail(`an unknown code ${code}`)
      if (code !== undefined && hasChanged && (chunks.length === 1 || beginsWhole(codec, last, maxFrameBytes))) fail(`refused with ${code}, and yet something changed`)
    } catch (error) {
      fail(`no TendrilError but ${String(error)}`)
    }
    if (uncaught.length > 0) fail(`an uncaught ${String(uncaught.splice(0)[0])}`)
    if (i % checkEvery === checkEvery - 1 && !await target.works().catch(() => false)) fail('the target does not work any more')
    if (i % replaceEvery !== replaceEvery - 1) continue
    await target.close()
    target = await options.target()
  }
  await target.close()
  process.removeListener('uncaughtException', onUncaught)
  process.removeListener('unhandledRejection', onUncaught)
  const told = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`).join(', ')
  t.ok((codes.get('BAD_FRAME') ?? 0) > inputs / 10, told)
  t.ok((codes.get('taken') ?? 0) > inputs / 20, 'some were valid all the same, or not yet whole')
}
