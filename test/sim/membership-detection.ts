import { Cluster } from '../../lib/sim/index.js'
import { spread, Watch } from './membership-watch.js'
import type { Spread } from './membership-watch.js'

export interface DetectionReport {
  readonly size: number
  readonly seed: number
  /** Bytes that a node sends each second while nothing happens. */
  readonly idleBytes: number
  readonly closing: Detection
  readonly silent: Detection
  /** Whom somebody suspected or declared dead although they were there. */
  readonly falseAlarms: number
  readonly heapBytes: number
}

export interface Detection {
  readonly suspect: Spread
  readonly dead: Spread
  /** How many should have known. */
  readonly observers: number
}

const idleMs = 20_000
const watchMs = 12_000

/** A cluster on an overlay of 8 links: what it says while nothing happens, and how it learns of two crashes. */
export function runDetection (size: number, seed: number): DetectionReport {
  const cluster = Cluster.formed(size, 8, { seed })
  cluster.runFor(3_000)
  cluster.bytes = 0
  cluster.runFor(idleMs)
  const idleBytes = cluster.bytes / size / (idleMs / 1_000)
  cluster.bytes = undefined
  const watch = new Watch(cluster)
  const victims: string[] = []
  const crash = (how: 'closing' | 'silent'): Detection => {
    // At any time between two heartbeats, which all began at about the same moment.
    cluster.runFor(cluster.random.between(0, 1_000))
    const victim = cluster.random.pick(cluster.up)
    victims.push(victim.id)
    const { now } = watch
    cluster.crash(victim, how)
    cluster.runFor(watchMs)
    const after = (kind: string): Spread => spread(watch.of(victim.id, kind).map(({ at }) => at - now))
    return { suspect: after('suspect'), dead: after('dead'), observers: cluster.up.length }
  }
  const closing = crash('closing')
  const silent = crash('silent')
  const falseAlarms = watch.seen.filter(({ id }) => !victims.includes(id)).length
  return { size, seed, idleBytes, closing, silent, falseAlarms, heapBytes: process.memoryUsage().heapUsed }
}
