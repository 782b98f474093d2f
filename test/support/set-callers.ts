import { EventEmitter } from 'node:events'
import type { Test } from 'tape'
import { findUnlinearizable } from '../../lib/sim/index.js'
import type { Call } from '../../lib/sim/index.js'
import type { CallResult, SetCluster, SetProcess } from './set-processes.js'

/** What all callers saw. Without an end: nobody knows whether it took effect. */
export class History extends EventEmitter {
  readonly calls: Call[] = []
  #time = 0

  begin (): number { return ++this.#time }

  end (call: Pick<Call, 'element' | 'kind' | 'token' | 'begin'>, result: CallResult): void {
    if (result !== 'gone' && 'code' in result && didNothing.has(result.code)) return
    const answer = answerOf(call, result)
    this.calls.push({ ...call, end: answer === undefined ? undefined : ++this.#time, answer })
    this.emit('call')
  }

  get elements (): string[] { return [...new Set(this.calls.map(({ element }) => element))] }

  get answered (): number { return this.calls.filter(({ end }) => end !== undefined).length }

  /** Whether there is an order of all these calls that a single set might have given them. */
  judge (t: Test): void {
    const wrong = findUnlinearizable(this.calls)
    t.equal(wrong, undefined, `${this.calls.length} calls on ${this.elements.length} elements, ${this.answered} answered`)
    for (const { kind, token, begin, end, answer } of this.calls.filter(({ element }) => element === wrong)) {
      t.comment(`${begin}..${end ?? ''} ${kind} ${token} -> ${answer?.code ?? 'unknown'} ${answer?.token ?? ''} ${answer?.fence ?? ''}`)
    }
    const fenced = this.calls.flatMap(({ answer, element }) => answer?.fence === undefined ? [] : [{ fence: `${element} ${answer.fence}`, token: `${element} ${answer.token}` }])
    t.ok(new Set(fenced.map(({ fence }) => fence)).size >= new Set(fenced.map(({ token }) => token)).size, 'no two adds have one fence')
  }
}

/** Of a node that is no member a call does nothing. */
const didNothing: ReadonlySet<string> = new Set(['ABORTED', 'NOT_MEMBER', 'CLUSTER_FULL'])

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

export const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!

/** One who calls now this member, now that one, one call at a time, until it is told to stop. */
export class Caller {
  readonly #cluster: SetCluster
  readonly #history: History
  readonly #name: string
  readonly #ids: readonly string[] | undefined
  #count = 0
  isStopped = false
  round = 0

  /** `ids`: whom to call, of those who run. */
  constructor (cluster: SetCluster, history: History, name: string, ids?: readonly string[]) {
    this.#cluster = cluster
    this.#history = history
    this.#name = name
    this.#ids = ids
  }

  async run (): Promise<void> {
    while (!this.isStopped && !this.#cluster.isEnded) {
      const kind = pick(['add', 'add', 'rem', 'get'] as const)
      const element = `e${Math.floor(Math.random() * 6)} of ${Math.floor(this.round / 4)}`
      const token = kind === 'add' ? `${this.#name} ${++this.#count}` : ''
      // Whose process is gone asks another one, with the same token.
      while (await this.call(kind, element, token) === 'gone') if (kind !== 'add' || this.isStopped || this.#cluster.isEnded) break
    }
  }

  async call (kind: Call['kind'], element: string, token: string, node?: SetProcess): Promise<CallResult> {
    const up = node === undefined ? await this.#cluster.up(this.#ids) : [node]
    if (up.length === 0) return 'gone'
    const asked = pick(up)
    const begin = this.#history.begin()
    const result = await asked.call(kind === 'get' ? 'holder' : kind, element, token === '' ? {} : { token })
    this.#history.end({ kind, element, token, begin }, result)
    return result
  }
}
