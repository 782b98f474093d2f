/** Into how many lanes elements hash. All members of a cluster must agree on it. */
export const laneCount = 64

/** FNV-1a over UTF-16 units: the same on every machine. */
function hash (text: string, seed = 0x811c9dc5): number {
  let mixed = seed
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193)
  // Short texts differ in their low bits alone, which would give neighbours to one member.
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

export function laneOf (element: string): number { return hash(element) % laneCount }

/**
 * The members in the order in which they should own a lane: each lane has an order of its own, and a member that goes
 * changes nothing but its own lanes.
 *
 * Thaler and Ravishankar, *Using Name-Based Mappings to Increase Hit Rates* (rendezvous hashing).
 */
export function preference (lane: number, members: readonly string[]): string[] {
  const weight = new Map(members.map(id => [id, hash(`${lane} ${id}`)]))
  return [...members].sort((a, b) => weight.get(b)! - weight.get(a)! || (a < b ? -1 : 1))
}
