import test from 'tape'
import { isErrorCode } from '../../lib/ground/errors.js'
import { beginsWhole, draw } from './damage.js'
import { MembersTarget, recordMembers } from './members-target.js'
import { Random } from './random.js'

// What a member really says, damaged at random: each piece is valid all the same, or ends its one stream with a code and
// changes nothing. TENDRIL_SEED makes it another run, TENDRIL_INPUTS a longer one.

const seed = Number(process.env['TENDRIL_SEED'] ?? 1)
const inputs = Number(process.env['TENDRIL_INPUTS'] ?? 3_000)
const afresh = 250

test(`${inputs} inputs, TENDRIL_SEED=${seed}`, async t => {
  const uncaught: unknown[] = []
  const onUncaught = (error: unknown): void => { uncaught.push(error) }
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  const random = new Random(seed)
  const recordings = [...await recordMembers('msgpack'), ...await recordMembers('ndjson')]
  const codes = new Map<string, number>()
  let target = await new MembersTarget().ready()
  for (let i = 0; i < inputs; i++) {
    const { codec, chunks } = draw(recordings, random)
    const last = chunks.at(-1) ?? Buffer.alloc(0)
    const fail = (what: string): void => { t.fail(`${what}: input ${i} of seed ${seed}, ${codec}: ${last.toString(codec === 'ndjson' ? 'utf8' : 'hex').slice(0, 400)}`) }
    try {
      const { code, hasChanged } = await target.attack(chunks)
      codes.set(code ?? 'taken', (codes.get(code ?? 'taken') ?? 0) + 1)
      if (code !== undefined && !isErrorCode(code)) fail(`an unknown code ${code}`)
      if (code !== undefined && hasChanged && (chunks.length === 1 || beginsWhole(codec, last, 65_536))) fail(`refused with ${code}, and yet something changed`)
    } catch (error) {
      fail(`no TendrilError but ${String(error)}`)
    }
    if (uncaught.length > 0) fail(`an uncaught ${String(uncaught.splice(0)[0])}`)
    if (i % afresh !== afresh - 1) continue
    if (!await target.works().catch(() => false)) fail('the members do not work any more')
    await target.close()
    target = await new MembersTarget().ready()
  }
  await target.close()
  process.removeListener('uncaughtException', onUncaught)
  process.removeListener('unhandledRejection', onUncaught)
  const told = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`).join(', ')
  t.ok((codes.get('BAD_FRAME') ?? 0) > inputs / 10, told)
  t.ok((codes.get('taken') ?? 0) > inputs / 20, 'some were valid all the same, or not yet whole')
})
