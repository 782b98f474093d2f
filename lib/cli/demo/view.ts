import type { Cluster } from './cluster.js'
import type { Over, Reading, Report } from './rows.js'

/** One node as it is shown. */
export interface NodeView {
  readonly id: string
  readonly over: Over
  readonly pid: number | undefined
  readonly isUp: boolean
  /** What it said in this round; undefined if it has not. */
  readonly report: Report | undefined
  /** What the map says of it, as another node holds it. */
  readonly reading: Reading | undefined
  /** Whether its map is the one that most nodes hold. */
  readonly isEqual: boolean
}

/** How the nodes stood in the round that has just ended. */
export function viewOf ({ members, round }: Cluster): NodeView[] {
  const reports = members.map(({ report }) => report?.round === round ? report : undefined)
  const hash = commonest(reports.flatMap(report => report?.hash ?? []))
  return members.map(({ id, pid, isUp, plan }, i) => {
    const report = reports[i]
    const neighbour = reports.find((other, j) => other !== undefined && j !== i)
    return {
      id, over: plan.over, pid, isUp, report, reading: neighbour?.readings[id], isEqual: report !== undefined && report.hash === hash
    }
  })
}

/** Whether all five are up and hold the same. */
export function isWhole (views: readonly NodeView[]): boolean { return views.every(({ isEqual }) => isEqual) }

/** Whether those that are up hold the same. */
export function isAgreed (views: readonly NodeView[]): boolean { return views.every(({ isUp, isEqual }) => !isUp || isEqual) }

function commonest (hashes: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}
