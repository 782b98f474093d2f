import { assert } from '../ground/assert.js'

/**
 * Who hears whom, as each member says it of itself, and who is reached: those to whom a chain of hearing leads from
 * `self`. What a member says counts only while that member is reached itself, and only if it speaks of the life that the
 * other one lives now, so a statement about an old life reaches nobody.
 *
 * Nothing is walked until somebody asks, and then once for all changes before, breadth first. Most changes need no walk:
 * the tree of the last one proves that its members are reached, so as long as its edges stand, an edge that goes
 * changes nothing, nor does one that comes between members already reached or from one who is not. It may make
 * a chain shorter, though: then a walk waits for somebody to ask for chains, which are the shortest whenever they are told.
 */
export class HearingGraph {
  readonly #self: Member
  readonly #members = new Map<string, Member>()
  /** The last walk, in its order: nearer members first. */
  #walked: Member[]
  readonly #reached: Set<string>
  /** Who came or went since somebody asked. */
  readonly #changed = new Set<string>()
  /** Whether others may be reached than at the last walk. */
  #isStale = false
  /** Whether a chain may be shorter than at the last walk. */
  #hasShortcut = false
  #walks = 0

  constructor (self: string) {
    this.#self = new Member(self)
    this.#self.depth = 0
    this.#members.set(self, this.#self)
    this.#walked = [this.#self]
    this.#reached = new Set([self])
  }

  // What is said

  /** `id` lives `life` now; undefined: nobody knows of any, and what is said of it counts for nothing. */
  lives (id: string, life: string | undefined): void {
    if (this.#members.get(id)?.life === life) return
    const member = this.#member(id)
    member.life = life
    // Chains to it went by the old life, unless it is where they begin.
    if (member.depth > 0) this.#isStale = true
    for (const from of member.heardBy) if (from.hears.get(member) === life) this.#edgeCame(from, member)
    this.#drop(member)
  }

  /** `from` says that it hears `to`, in this life of `to`, in place of what it said of `to` before. */
  hears (from: string, to: string, life: string): void {
    if (from === to) return
    const [speaker, heard] = [this.#member(from), this.#member(to)]
    const before = speaker.hears.get(heard)
    if (before === life) return
    speaker.hears.set(heard, life)
    heard.heardBy.add(speaker)
    if (before !== undefined) this.#edgeWent(speaker, heard)
    if (heard.life === life) this.#edgeCame(speaker, heard)
  }

  /** `from` says no more that it hears `to`. */
  hearsNot (from: string, to: string): void {
    const [speaker, heard] = [this.#members.get(from), this.#members.get(to)]
    if (speaker === undefined || heard === undefined || !speaker.hears.delete(heard)) return
    heard.heardBy.delete(speaker)
    this.#edgeWent(speaker, heard)
    this.#drop(speaker)
    this.#drop(heard)
  }

  /** All that `from` says is taken back: it left, or begins a new life. What others say of it stands. */
  forget (from: string): void {
    for (const heard of this.#members.get(from)?.hears.keys() ?? []) this.hearsNot(from, heard.id)
  }

  // What follows

  /** Those who are reached, `self` among them: always the same set, as it is now. */
  reached (): ReadonlySet<string> {
    if (this.#isStale) this.#walk()
    return this.#reached
  }

  /** Those who came or went since the last call; also who did both. */
  takeChanged (): string[] {
    if (this.#isStale) this.#walk()
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  /** A shortest chain to `id`: who passes on from self, one after the other, and `id` last. Undefined: not reached. */
  chain (id: string): string[] | undefined {
    const member = this.#placed(id)
    if (member === undefined) return undefined
    const chain: string[] = []
    for (let at = member; at.parent !== undefined; at = at.parent) chain.push(at.id)
    return chain.reverse()
  }

  /** Through whom `id` is reached over one of the shortest chains: one that self hears. Undefined: not reached, or self. */
  nextHop (id: string): string | undefined {
    let at = this.#placed(id)
    while (at?.parent !== undefined && at.parent !== this.#self) at = at.parent
    return at === this.#self ? undefined : at?.id
  }

  /** The members that are reached and hear `id`, in the life that it lives now. */
  heardBy (id: string): string[] {
    if (this.#isStale) this.#walk()
    const member = this.#members.get(id)
    if (member?.life === undefined) return []
    return [...member.heardBy].filter(from => from.depth >= 0 && from.hears.get(member) === member.life).map(from => from.id)
  }

  /** Whether anybody says that it hears `id`, in whatever life. */
  isClaimed (id: string): boolean { return (this.#members.get(id)?.heardBy.size ?? 0) > 0 }

  /** How many times the graph was walked: what the answers have cost. */
  get walks (): number { return this.#walks }

  /** Asserts that what is said stands at both of its ends, and that the tree proves what is told of it. */
  check (): void {
    for (const member of this.#members.values()) {
      assert(!this.#isBlank(member), 'a member of whom nothing is known or said is forgotten')
      for (const to of member.hears.keys()) assert(to.heardBy.has(member), 'whom a member hears knows of it')
      for (const from of member.heardBy) assert(from.hears.has(member), 'who is said to hear a member says so')
    }
    if (!this.#isStale) this.#checkTree()
  }

  /** Everybody reached is heard, in the life of now, by one who is a step nearer. */
  #checkTree (): void {
    assert(this.#walked.length === this.#reached.size, 'those walked to are those reached')
    for (const member of this.#walked) {
      const { id, life, parent, depth } = member
      assert(this.#members.get(id) === member && this.#reached.has(id), 'a reached member is known')
      if (member === this.#self) continue
      assert(life !== undefined && parent?.hears.get(member) === life, 'a reached member is heard by its parent')
      assert(depth > 0 && parent.depth === depth - 1, 'a parent is one step nearer')
    }
  }

  // Walking

  /** The member as it stands in a tree of shortest chains. */
  #placed (id: string): Member | undefined {
    if (this.#isStale || this.#hasShortcut) this.#walk()
    const member = this.#members.get(id)
    return member !== undefined && member.depth >= 0 ? member : undefined
  }

  #walk (): void {
    for (const member of this.#walked) member.displace()
    this.#self.depth = 0
    const walked = [this.#self]
    // Grows while it is gone through.
    for (const from of walked) {
      for (const [to, life] of from.hears) {
        if (to.depth >= 0 || to.life !== life) continue
        to.depth = from.depth + 1
        to.parent = from
        walked.push(to)
      }
    }
    this.#walked = walked
    this.#walks++
    this.#isStale = this.#hasShortcut = false
    for (const { id } of walked) this.#come(id)
    if (walked.length === this.#reached.size) return
    for (const id of this.#reached) {
      if ((this.#members.get(id)?.depth ?? -1) >= 0) continue
      this.#reached.delete(id)
      this.#changed.add(id)
    }
  }

  #come (id: string): void {
    if (this.#reached.has(id)) return
    this.#reached.add(id)
    this.#changed.add(id)
  }

  /** Whoever is reached through one who was not, as far as nothing else is to be walked anew. */
  #extend (from: Member, first: Member): void {
    first.parent = from
    first.depth = from.depth + 1
    const came = [first]
    for (const member of came) {
      this.#walked.push(member)
      this.#come(member.id)
      for (const [to, life] of member.hears) {
        if (to.life !== life) continue
        if (to.depth >= 0) {
          if (member.depth + 1 < to.depth) this.#hasShortcut = true
          continue
        }
        to.parent = member
        to.depth = member.depth + 1
        came.push(to)
      }
    }
  }

  #edgeCame (from: Member, to: Member): void {
    if (from.depth < 0 || this.#isStale) return
    if (to.depth < 0) this.#extend(from, to)
    else if (from.depth + 1 < to.depth) this.#hasShortcut = true
  }

  #edgeWent (from: Member, to: Member): void {
    if (to.parent === from) this.#isStale = true
  }

  // Members

  #member (id: string): Member {
    let member = this.#members.get(id)
    if (member === undefined) {
      member = new Member(id)
      this.#members.set(id, member)
    }
    return member
  }

  /** A member of whom nothing is known and nothing said takes no memory. */
  #drop (member: Member): void {
    if (this.#isBlank(member)) this.#members.delete(member.id)
  }

  #isBlank (member: Member): boolean {
    return member !== this.#self && member.life === undefined && member.hears.size === 0 && member.heardBy.size === 0
  }
}

/** A node of the graph, and its place in the tree of the last walk. */
class Member {
  readonly id: string
  life: string | undefined = undefined
  /** Whom it hears, and in which life of theirs. */
  readonly hears = new Map<Member, string>()
  readonly heardBy = new Set<Member>()
  parent: Member | undefined = undefined
  /** Steps from self; negative: not reached. */
  depth = -1

  constructor (id: string) {
    this.id = id
  }

  displace (): void {
    this.parent = undefined
    this.depth = -1
  }
}
