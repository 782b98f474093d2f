import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { findUnlinearizable } from '../../lib/sim/index.js'
import type { Call } from '../../lib/sim/index.js'
import { withCluster } from '../support/set-processes.js'
import type { CallResult, SetCluster, SetProcess } from '../support/set-processes.js'
import { until } from '../support/waiting.js'

// kill -9 of one, two or all three members with storage, at random moments, over and over, while callers go on calling.
// SET_KILL_ROUNDS sets how often.

const rounds = Number(process.env['SET_KILL_ROUNDS'] ?? 6)
const ids = ['n0', 'n1', 'n2']
const callers = 8

/** What all callers saw. Without an end: nobody knows whether it took effect. */
class History extends EventEmitter {
  readonly calls: Call[] = []
  #time = 0

  begin (): number { return ++this.#time }

  end (call: Pick<Call, 'element' | 'kind' | 'token' | 'begin'>, result: CallResult): void {
    if (result !== 'gone' && 'code' in result && result.code === 'ABORTED') return
    const answer = answerOf(call, result)
    this.calls.push({ ...call, end: answer === undefined ? undefined : ++this.#time, answer })
    this.emit('call')
  }

  get elements (): string[] { return [...new Set(this.calls.map(({ element }) => element))] }

  get answered (): number { return this.calls.filter(({ end }) => end !== undefined).length }
}

function answerOf ({ kind, token }: Pick<Call, 'kind' | 'token'>, result: CallResult): Call['answer'] {
  if (result === 'gone') return undefined
  if ('code' in result) {
    if (result.code === 'ALREADY_PRESENT') return { code: 'taken' }
    if (result.code === 'OUTCOME_UNKNOWN') return undefined
    throw new Error(`a ${kind} failed with ${result.code}: ${result.message}`)
  }
  const { token: holder, fence, changed } = (result.result ?? {}) as { token?: string, fence?: string, changed?: boolean }
  switch (kind) {
    case 'add': return { code: 'added', token, ...fence === undefined ? {} : { fence } }
    case 'rem': return { code: changed === true ? 'removed' : 'absent' }
    case 'get': return { code: 'seen', token: holder ?? '' }
  }
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!

/** One who calls now this member, now that one, one call at a time, until it is told to stop. */
class Caller {
  readonly #cluster: SetCluster
  readonly #history: History
  readonly #name: string
  #count = 0
  isStopped = false
  round = 0

  constructor (cluster: SetCluster, history: History, name: string) {
    this.#cluster = cluster
    this.#history = history
    this.#name = name
  }

  async run (): Promise<void> {
    while (!this.isStopped) {
      const kind = pick(['add', 'add', 'rem', 'get'] as const)
      const element = `e${Math.floor(Math.random() * 6)} of ${Math.floor(this.round / 4)}`
      const token = kind === 'add' ? `${this.#name} ${++this.#count}` : ''
      // Whose process is gone asks another one, with the same token.
      while (await this.call(kind, element, token) === 'gone') if (kind !== 'add') break
    }
  }

  async call (kind: Call['kind'], element: string, token: string, node?: SetProcess): Promise<CallResult> {
    const asked = node ?? pick(await this.#cluster.up())
    const begin = this.#history.begin()
    const result = await asked.call(kind === 'get' ? 'holder' : kind, element, token === '' ? {} : { token })
    this.#history.end({ kind, element, token, begin }, result)
    return result
  }
}

test(`killed ${rounds} times, one, two or all of them: what was acknowledged is there, what all callers saw is linearizable`, async t => {
  const location = await mkdtemp(join(tmpdir(), 'tendril-set-'))
  const history = new History()
  await withCluster(ids.map(id => ({ id, members: ids, location: join(location, id) })), async cluster => {
    const all = Array.from({ length: callers }, (_, i) => new Caller(cluster, history, `caller ${i}`))
    const running = all.map(caller => caller.run())
    for (let round = 0; round < rounds; round++) {
      for (const caller of all) caller.round = round
      const enough = history.answered + 10 + Math.floor(Math.random() * 150)
      await until(() => history.answered >= enough, [history], ['call'])
      const victims = pick([[pick(ids)], ids.slice(Math.floor(Math.random() * 2)), ids])
      await Promise.all(victims.map(id => cluster.get(id).kill()))
      await Promise.all(victims.map(id => cluster.begin(id)))
    }
    for (const caller of all) caller.isStopped = true
    await Promise.all(running)
    for (const element of history.elements) await Promise.all(ids.map(id => all[0]!.call('get', element, '', cluster.get(id))))
  })
  const wrong = findUnlinearizable(history.calls)
  t.equal(wrong, undefined, `${history.calls.length} calls on ${history.elements.length} elements, ${history.answered} answered`)
  for (const { kind, token, begin, end, answer } of history.calls.filter(({ element }) => element === wrong)) {
    t.comment(`${begin}..${end ?? ''} ${kind} ${token} -> ${answer?.code ?? 'unknown'} ${answer?.token ?? ''} ${answer?.fence ?? ''}`)
  }
  const fences = new Set(history.calls.flatMap(({ answer, element }) => answer?.fence === undefined ? [] : [`${element} ${answer.fence}`]))
  const tokens = new Set(history.calls.flatMap(({ answer, element }) => answer?.fence === undefined ? [] : [`${element} ${answer.token}`]))
  t.ok(fences.size >= tokens.size, 'no two adds have one fence')
  await rm(location, { recursive: true })
})
