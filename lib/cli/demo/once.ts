import { differences } from './content.js'
import type { Cluster } from './cluster.js'
import { plainScreen } from './screen.js'
import { table } from './table.js'
import { isAgreed, isWhole, viewOf } from './view.js'

const stepMs = 20_000
const readingsPerNode = 4

/**
 * The whole play without an audience: five start and converge, one is killed and misses a write, it comes back, all
 * come to rest, and what each process then holds is fetched and compared. Resolves with whether all went well.
 */
export async function once (cluster: Cluster, ended: AbortSignal): Promise<boolean> {
  const screen = plainScreen(process.stdout, 2)
  const say = (text: string): void => { screen.tell(cluster.seconds, text) }
  const show = (): void => { screen.show(cluster.seconds, viewOf(cluster)) }
  cluster.on('round', show).on('event', say)
  cluster.start()
  say(`five processes start: ${cluster.processes()}`)
  try {
    await play(cluster, ended)
  } catch (error) {
    say(`verdict: FAILED, ${error instanceof Error ? error.message : String(error)}`)
    return false
  } finally {
    // The verdict stands last: what happens while all are sent home is of no interest.
    cluster.off('round', show).off('event', say)
  }
  for (const line of table(viewOf(cluster), false)) process.stdout.write(`         ${line}\n`)
  say(`verdict: all ${cluster.members.length} processes hold the same map of ${cluster.contents.get('a')?.size ?? 0} keys`)
  return true
}

async function play (cluster: Cluster, ended: AbortSignal): Promise<void> {
  const until = (what: string, event: 'round' | 'saw' | 'content', holds: () => boolean): Promise<void> =>
    waitUntil(cluster, ended, what, event, holds)
  const expected = cluster.members.length * readingsPerNode
  const victim = cluster.member('c')

  await until('the five never held the same', 'round', () => {
    const views = viewOf(cluster)
    return isWhole(views) && views.every(({ report }) => report?.keys === expected)
  })
  cluster.set(victim, 'colour', 'green')
  await until('colour never reached everyone', 'saw', () => !cluster.deliveries.isPending('colour'))

  cluster.kill(victim)
  await until('c survived', 'round', () => !victim.isUp)
  cluster.set(cluster.member('e'), 'missed', '{"by":"c"}')
  await until('missed never reached the four', 'saw', () => !cluster.deliveries.isPending('missed'))
  await until('the four never agreed', 'round', () => isAgreed(viewOf(cluster)))

  cluster.revive(victim)
  await until('c never caught up', 'round', () => isWhole(viewOf(cluster)))

  for (const member of cluster.members) member.send({ do: 'rest' })
  // Only what they say after this counts: before it, one more reading may have been on its way.
  const { round } = cluster
  await until('they never came to rest', 'round', () => cluster.round > round && isWhole(viewOf(cluster)))
  for (const member of cluster.members) member.send({ do: 'content' })
  await until('not everyone told what it holds', 'content', () => cluster.contents.size === cluster.members.length)
  judge(cluster)
}

/** Compares what the processes hold with each other, and with what must be there. @throws Error that says what is wrong */
function judge ({ contents, members }: Cluster): void {
  const wrong = differences(contents)
  if (wrong.length > 0) throw new Error(`the maps differ: ${wrong.join('; ')}`)
  const map = contents.get('a') ?? new Map<string, string>()
  const due = new Map([['colour', '"green"'], ['missed', '{"by":"c"}'], ...members.map(({ id, pid }) => [`node/${id}/pid`, String(pid)] as const)])
  for (const [key, text] of due) {
    if (map.get(key) !== text) throw new Error(`${key} is ${map.get(key) ?? 'missing'}, not ${text}`)
  }
}

/** @throws Error that says `what` if it takes too long, or the signal comes first */
async function waitUntil (
  cluster: Cluster, ended: AbortSignal, what: string, event: 'round' | 'saw' | 'content', holds: () => boolean
): Promise<void> {
  if (ended.aborted) throw new Error('interrupted')
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(limit)
      cluster.off(event, look)
      ended.removeEventListener('abort', interrupt)
      if (error === undefined) resolve()
      else reject(error)
    }
    const look = (): void => { if (holds()) settle() }
    const interrupt = (): void => { settle(new Error('interrupted')) }
    const limit = setTimeout(() => { settle(new Error(what)) }, stepMs)
    cluster.on(event, look)
    ended.addEventListener('abort', interrupt)
    look()
  })
}
