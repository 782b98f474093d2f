import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'
import { spread, Watch } from './membership-watch.js'
import type { Spread } from './membership-watch.js'

export interface BlockedOptions {
  readonly seed: number
  readonly size?: number
  readonly blocked?: number
  readonly blockMs?: number
  readonly minutes: number
  /** Whether those who are asked to look after a member dial it. */
  readonly dials?: boolean
}

export interface BlockedReport {
  readonly falseDeaths: string[]
  readonly suspicions: number
  /** When those who were not blocked knew of the true crash, in milliseconds. */
  readonly dead: Spread
  readonly unaware: string[]
}

/**
 * Some event loops are blocked again and again, awake for 1 to 5 s between; half way through, another node crashes
 * silently.
 */
export function runBlocked ({ seed, size = 100, blocked = 16, blockMs = 5_000, minutes, dials = false }: BlockedOptions): BlockedReport {
  const cluster = Cluster.formed(size, 8, { seed, dials })
  const { world, random } = cluster
  const watch = new Watch(cluster)
  const slow = cluster.nodes.slice(0, blocked)
  const again = (node: ClusterNode): void => {
    world.schedule(random.between(1_000, 5_000), () => {
      node.loop.block(blockMs, random.pick(['timers', 'arrivals']))
      world.schedule(blockMs, () => { again(node) }, false)
    }, false)
  }
  for (const node of slow) world.schedule(random.between(0, 8_000), () => { again(node) }, false)
  const victim = cluster.nodes[blocked + 1]!
  cluster.runFor(minutes * 30_000 + random.between(0, 1_000))
  const crashedAt = watch.now
  cluster.crash(victim, 'silent')
  cluster.runFor(Math.max(20_000, minutes * 30_000))
  const awake = cluster.up.filter(node => !slow.includes(node)).map(({ name }) => name)
  const told = watch.of(victim.id, 'dead').filter(({ at }) => at >= crashedAt)
  const byWhom = new Set(told.map(({ by }) => by))
  return {
    falseDeaths: watch.falseDeaths([victim.id]).concat(watch.of(victim.id, 'dead').filter(({ at }) => at < crashedAt).map(({ by }) => `${by}: the victim, early`)),
    suspicions: watch.seen.filter(({ kind, id }) => kind === 'suspect' && id !== victim.id).length,
    dead: spread(told.filter(({ by }) => awake.includes(by)).map(({ at }) => at - crashedAt)),
    unaware: cluster.up.map(({ name }) => name).filter(name => !byWhom.has(name))
  }
}
