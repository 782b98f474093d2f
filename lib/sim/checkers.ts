import type { Replica } from '../gossip/replica.js'
import { hashOf } from '../gossip/retired.js'
import type { Edge } from './network.js'
import type { SimNode } from './node.js'
import { dotOf } from './oracle.js'
import { expect } from './violation.js'

/** The entries with a value that a replica holds, siblings too, as sorted lines. What expires may be left out. */
function liveEntries (replica: Replica, withExpiring: boolean): string {
  const lines: string[] = []
  for (const entry of replica.entries) {
    if (entry.value === undefined || (!withExpiring && entry.rarely?.expiresAt !== undefined)) continue
    lines.push(`${JSON.stringify(entry.key)} ${dotOf(entry)} ${entry.stamp} ${JSON.stringify(entry.value)}`)
  }
  return lines.sort().join('\n')
}

/** What a replica covers, by the hash of a source's name: some may have retired what others have not. */
function digestLines (replica: Replica): string {
  const digest = new Map<number, string>()
  for (const source of replica.sources) if (source.version > 0) digest.set(hashOf(source.name), `${source.version}`)
  for (const [hash, version] of replica.sources.retired) digest.set(hash, `${version}`)
  return Array.from(digest, ([hash, version]) => `${hash} ${version}`).sort().join('\n')
}

/**
 * All nodes hold the same entries, show the same values, and have the same digests.
 * @throws Violation
 */
export function checkConvergence (nodes: readonly SimNode[], withExpiring: boolean): void {
  const [first, ...others] = nodes.map(node => ({ id: node.id, ...convergedState(node, withExpiring) }))
  if (first === undefined) return
  for (const other of others) {
    expect(other.entries === first.entries, () => `${first.id} and ${other.id} hold different entries:\n${difference(first.entries, other.entries)}`)
    expect(other.visible === first.visible, () => `${first.id} and ${other.id} show different values:\n${difference(first.visible, other.visible)}`)
    expect(other.digest === first.digest, () => `${first.id} and ${other.id} have different digests:\n${difference(first.digest, other.digest)}`)
  }
}

function convergedState (node: SimNode, withExpiring: boolean): { entries: string, visible: string, digest: string } {
  const { gossip } = node
  expect(gossip !== undefined && node.phase === 'up', () => `${node.id} is ${node.phase} after healing`)
  const { replica } = gossip
  const visible = withExpiring ? Array.from(replica.visible(), ({ key, value }) => `${key} ${JSON.stringify(value)}`).sort().join('\n') : ''
  return { entries: liveEntries(replica, withExpiring), visible, digest: digestLines(replica) }
}

function difference (a: string, b: string): string {
  const [left, right] = [new Set(a.split('\n')), new Set(b.split('\n'))]
  const missing = (from: Set<string>, to: Set<string>, sign: string): string[] => (
    [...from].filter(line => !to.has(line)).map(line => `  ${sign} ${line.slice(0, 160)}`))
  return [...missing(left, right, '<'), ...missing(right, left, '>')].join('\n')
}

/**
 * Everybody who takes a node's changes has acknowledged those that it wrote: nobody would wait for that in vain.
 * @throws Violation
 */
export function checkReplicated (nodes: readonly SimNode[], edges: readonly Edge[]): void {
  for (const { id, gossip } of nodes) {
    if (gossip === undefined) continue
    let last = 0
    for (const entry of gossip.replica.entries) if (entry.source === gossip.replica.own) last = entry.sequence
    const takers = edges.filter(({ nodes: [a, b], there, back }) => (a.id === id && there) || (b.id === id && back)).length
    const replicas = last === 0 ? takers : gossip.replicas(last)
    expect(replicas >= takers, () => `${replicas} of ${takers} peers have acknowledged what ${id} wrote`)
  }
}

/** The dots of all values that a node holds. */
export function shownDots (node: SimNode): Set<string> {
  const dots = new Set<string>()
  for (const entry of node.gossip?.replica.entries ?? []) if (entry.value !== undefined) dots.add(dotOf(entry))
  return dots
}
