import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tape'
import { Caller, History } from './set-callers.js'
import { withCluster } from './set-processes.js'
import type { CallResult, NodeOptions, SetCluster } from './set-processes.js'
import { until } from './waiting.js'

const callers = 4

/** One change of the members, and who is cut off from the others while it is under way. */
export interface Change {
  readonly kind: 'grow' | 'shrink' | 'replace'
  readonly ids: readonly string[]
  /** Who is asked for it: in a partition it is this one that is cut off. */
  readonly asked: string
  readonly members: readonly string[]
}

export interface Scenario {
  readonly what: string
  readonly members: readonly string[]
  readonly newcomers?: readonly string[]
  /** Killed, and its storage deleted, before the changes. */
  readonly lost?: string
  readonly changes: readonly Change[]
}

export const resultOf = (result: CallResult): unknown => result === 'gone' ? 'gone' : 'code' in result ? result.code : result.result

/**
 * Makes the change. `isParted`: the one that was asked is cut off as soon as anybody has heard of the change, until the others who were members `before` have gone on
 * without it. A newcomer may not have heard of the change by then.
 */
async function make (t: Test, cluster: SetCluster, { kind, ids, asked, members }: Change, before: readonly string[], isParted: boolean): Promise<void> {
  const told = [...cluster.nodes.values()].map(node => node.events.length)
  const changing = cluster.get(asked).change(kind, ...ids)
  if (isParted) {
    const nodes = [...cluster.nodes.values()]
    const isUnderWay = (): boolean => nodes.some(({ events }, i) => events.slice(told[i]).some(event => event === 'members' || event === 'ready'))
    await until(isUnderWay, nodes.map(node => node.told), ['said'])
    const others = [...cluster.nodes.keys()].filter(id => id !== asked)
    cluster.part([asked], others)
    await cluster.untilState('halted', asked)
    const stay = before.filter(id => id !== asked && members.includes(id))
    for (const id of stay) await cluster.get(id).until(() => cluster.get(id).state === 'ready')
    const added = await cluster.get(stay[0] ?? '').call('add', `while ${asked} is cut off, ${kind} ${ids.join()}`)
    t.ok(added !== 'gone' && 'result' in added, 'the others go on')
    cluster.heal()
  }
  t.deepEqual(resultOf(await changing), members, `${kind} ${ids.join()}`)
}

/** The whole of it, while callers at several members go on calling. */
export async function run (t: Test, { members, newcomers = [], lost, changes }: Scenario, isParted: boolean): Promise<void> {
  const location = await mkdtemp(join(tmpdir(), 'tendril-set-'))
  const options = (id: string): NodeOptions => ({ id, location: join(location, id), ...members.includes(id) ? { members } : {} })
  const history = new History()
  await withCluster([...members, ...newcomers].map(options), async cluster => {
    await cluster.untilState('ready', ...members)
    const ids = [...members]
    const all = Array.from({ length: callers }, (_, i) => new Caller(cluster, history, `caller ${i}`, ids))
    const running = all.map(caller => caller.run())
    const more = async (count: number): Promise<void> => {
      const enough = history.answered + count
      await until(() => history.answered >= enough, [history], ['call'])
    }
    await more(50)
    if (lost !== undefined) {
      ids.splice(ids.indexOf(lost), 1)
      await cluster.get(lost).kill()
      await rm(join(location, lost), { recursive: true })
      await more(50)
      if (changes.some(change => change.members.includes(lost))) await cluster.begin(lost)
    }
    for (const [i, change] of changes.entries()) {
      await make(t, cluster, change, ids, isParted)
      ids.splice(0, ids.length, ...change.members)
      for (const caller of all) caller.round = 4 * i + 4
      await more(50)
    }
    for (const caller of all) caller.isStopped = true
    await Promise.all(running)
    for (const element of history.elements) await Promise.all(ids.map(id => all[0]!.call('get', element, '', cluster.get(id))))
    for (const id of ids) {
      const { state, members: known, epoch } = await cluster.get(id).look()
      t.deepEqual([state, known, epoch], ['ready', ids, 1 + 2 * changes.length], `what ${id} knows`)
    }
    for (const { kind, ids: [out = ''] } of changes) {
      if (kind !== 'shrink') continue
      await cluster.get(out).until(() => cluster.get(out).events.includes('error NOT_MEMBER'))
      t.equal(resultOf(await cluster.get(out).call('add', 'from outside')), 'NOT_MEMBER', `${out} is out`)
    }
  })
  history.judge(t)
  await rm(location, { recursive: true })
}
