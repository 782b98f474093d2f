/**
 * Which sets of members may decide. Any two quorums of one system meet in a member: all of Paxos rests on that.
 *
 * Gifford, *Weighted Voting for Replicated Data*.
 */
export interface QuorumSystem {
  readonly members: readonly string[]
  /** How many members a quorum has at least. */
  readonly needed: number
  /** Whether these members, each named once, are a quorum or hold one. Strangers among them count for nothing. */
  readonly isQuorum: (ids: ReadonlySet<string>) => boolean
}

/**
 * More than half of the members. Of an even number, of at least four, half of them suffice if the **tie-breaker** is among
 * them, the least id: of two disjoint halves only one has it.
 */
export function majority (ids: readonly string[], tieBreaker: boolean): QuorumSystem {
  const members = [...new Set(ids)].sort()
  const counted = new Set(members)
  const half = members.length / 2
  const first = tieBreaker && members.length >= 4 ? members[0] : undefined
  return {
    members,
    needed: first !== undefined && Number.isInteger(half) ? half : Math.floor(half) + 1,
    isQuorum: ids => {
      let votes = 0
      for (const id of ids) if (counted.has(id)) votes++
      return votes > half || (votes === half && first !== undefined && ids.has(first))
    }
  }
}

/**
 * A quorum of both: whatever one of its quorums decides, every quorum of either system meets. A change of members passes
 * through it, as without it two neighbouring systems with a tie-breaker may have quorums that do not meet.
 */
export function joint (before: QuorumSystem, after: QuorumSystem): QuorumSystem {
  return {
    members: [...new Set([...before.members, ...after.members])].sort(),
    needed: Math.max(before.needed, after.needed),
    isQuorum: ids => before.isQuorum(ids) && after.isQuorum(ids)
  }
}

/** The greatest number that a quorum has reached, where `reached` says how far each member is. */
export function reachedByQuorum (system: QuorumSystem, reached: (id: string) => number): number {
  const ranked = system.members.map(id => ({ id, at: reached(id) })).sort((a, b) => b.at - a.at)
  const ids = new Set<string>()
  for (const { id, at } of ranked) if (system.isQuorum(ids.add(id))) return at
  return 0
}
