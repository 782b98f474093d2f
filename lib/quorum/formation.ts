import { sealed, sortMembers, writeMembers } from './configuration.js'
import type { Configuration, Member } from './configuration.js'

/** Members who might become a cluster. `round` tells lists apart of the same members: one that was vetoed never comes back. */
export interface List {
  readonly members: readonly Member[]
  readonly tieBreaker: boolean
  readonly round: number
}

/** What a node says of itself while no cluster has taken it in: all of it, whenever it says something. */
export interface FormingBody {
  readonly type: 'forming'
  /** How many members it wants; 0: it waits to be taken in. */
  readonly size: number
  readonly tieBreaker: boolean
  readonly vote: List | undefined
  readonly vetoes: readonly List[]
}

interface Ballots { readonly list: List, readonly voters: Set<string> }

/** So many nodes are known at a time, those who were heard last. */
const mostMet = 1_024
/** So much is kept of lists that others speak of, in characters. What is said of others is said again. */
const mostKept = 2 ** 22

/**
 * How nodes that know how many they should be become a cluster, without time. Each votes for one list at a time; a list is **sealed** when all of it have voted
 * for it. A vote is taken back only on a **veto** of one of the list who has never voted for it and never will: thus a list that anybody may
 * have seen sealed is never left. Votes and vetoes are facts for ever, so that it matters in no way when one hears of them.
 */
export class Formation {
  readonly id: string
  readonly store: string
  size = 0
  tieBreaker: boolean
  /** Durable before it is told. */
  vote: List | undefined
  /** Durable: what it voted for once, and what it will never vote for. */
  past: List[] = []
  vetoes: List[] = []
  readonly #met = new Map<string, { readonly member: Member, readonly size: number, readonly tieBreaker: boolean }>()
  readonly #ballots = new Map<string, Ballots>()
  readonly #dead = new Set<string>()
  #kept = 0

  constructor (id: string, store: string, tieBreaker: boolean) {
    this.id = id
    this.store = store
    this.tieBreaker = tieBreaker
  }

  get body (): FormingBody {
    return { type: 'forming', size: this.size, tieBreaker: this.tieBreaker, vote: this.vote, vetoes: this.vetoes }
  }

  /** @returns whether a node was met that is news */
  hear (member: Member, { size, tieBreaker, vote, vetoes }: FormingBody): boolean {
    const known = this.#met.get(member.id)
    this.#met.delete(member.id)
    this.#met.set(member.id, { member, size, tieBreaker })
    if (this.#met.size > mostMet) this.#met.delete(this.#met.keys().next().value ?? '')
    if (vote !== undefined && isIn(vote, member)) this.#voted(vote, member.id)
    for (const list of vetoes) if (isIn(list, member)) this.#vetoed(keyOf(list))
    return known?.member.store !== member.store || known.size !== size
  }

  /** Somebody of a list has become a member elsewhere: the list will never be sealed. */
  outlived (members: readonly Member[]): void {
    for (const list of [...(this.vote === undefined ? [] : [this.vote]), ...Array.from(this.#ballots.values(), ({ list }) => list)]) {
      if (list.members.some(({ id, store }) => members.some(member => member.id === id && member.store === store))) this.#dead.add(keyOf(list))
    }
  }

  #hasRoom (key: string): boolean {
    if (this.#kept + key.length > mostKept) return false
    this.#kept += key.length
    return true
  }

  #vetoed (key: string): void {
    if (!this.#dead.has(key) && (this.#ballots.has(key) || this.#hasRoom(key))) this.#dead.add(key)
  }

  #voted (list: List, id: string): void {
    const key = keyOf(list)
    if (!this.#ballots.has(key) && this.#hasRoom(key)) this.#ballots.set(key, { list, voters: new Set() })
    this.#ballots.get(key)?.voters.add(id)
  }

  /** Takes its vote back if the list will never be sealed. @returns whether that is so */
  release (): boolean {
    if (this.vote === undefined || !this.#dead.has(keyOf(this.vote))) return false
    this.past.push(this.vote)
    this.vote = undefined
    return true
  }

  /** Votes, vetoes, takes back a vote. `isPatient`: for now a list of its own would come too early. @returns whether anything has changed */
  decide (isPatient: boolean): boolean {
    let hasChanged = this.release()
    if (this.vote === undefined && this.size > 0) {
      this.vote = this.#proposed() ?? (isPatient ? undefined : this.#own())
      if (this.vote !== undefined) this.#voted(this.vote, this.id)
      hasChanged ||= this.vote !== undefined
    }
    return this.#vetoAll(list => this.#mayVeto(list)) || hasChanged
  }

  /** Sets free whoever waits for this node's vote: it has no part in this any more. @returns whether anything has changed */
  decline (): boolean { return this.#vetoAll(list => this.#names(list) && !this.#dead.has(keyOf(list)) && !this.#isMine(list)) }

  #vetoAll (isToGo: (list: List) => boolean): boolean {
    const lists = Array.from(this.#ballots.values(), ({ list }) => list).filter(isToGo)
    for (const list of lists) this.#dead.add(keyOf(list))
    this.vetoes.push(...lists)
    return lists.length > 0
  }

  /** The least list for which somebody voted that names this node, is as large as this node wants it, and may still be sealed. */
  #proposed (): List | undefined {
    return Array.from(this.#ballots.values(), ({ list }) => list)
      .filter(list => this.#names(list) && list.members.length === this.size && list.tieBreaker === this.tieBreaker && !this.#dead.has(keyOf(list)))
      .sort(byOrder)[0]
  }

  /** The least ids that this node has met and that want the same, itself among them. */
  #own (): List | undefined {
    const met = [...this.#met.values()].filter(({ size, tieBreaker, member }) => size === this.size && tieBreaker === this.tieBreaker && member.id !== this.id)
    const members = sortMembers([{ id: this.id, store: this.store }, ...met.map(({ member }) => member)]).slice(0, this.size)
    if (members.length < this.size) return undefined
    let list: List = { members, tieBreaker: this.tieBreaker, round: 0 }
    while (this.#dead.has(keyOf(list)) || this.#isMine(list)) list = { ...list, round: list.round + 1 }
    return this.#names(list) ? list : undefined
  }

  /** Whoever votes for a lesser list than others do sets them free, and so does who wants another number of members. */
  #mayVeto (list: List): boolean {
    if (!this.#names(list) || this.#dead.has(keyOf(list)) || this.#isMine(list)) return false
    return (this.size > 0 && list.members.length !== this.size) || (this.vote !== undefined && byOrder(list, this.vote) > 0)
  }

  /** Whether it has ever voted for it. */
  #isMine (list: List): boolean {
    return [...this.past, ...(this.vote === undefined ? [] : [this.vote])].some(mine => keyOf(mine) === keyOf(list))
  }

  #names (list: List): boolean { return isIn(list, { id: this.id, store: this.store }) }

  /** All of a list have voted for it. */
  sealed (): Configuration | undefined {
    for (const { list, voters } of this.#ballots.values()) {
      if (this.hasAllVotes(list, voters) && this.#isMine(list)) return sealed(list.members, list.tieBreaker, list.round)
    }
    return undefined
  }

  hasAllVotes ({ members }: List, voters: ReadonlySet<string>): boolean { return members.every(({ id }) => voters.has(id)) }

  /** What was stored. */
  restore (vote: List | undefined, past: readonly List[], vetoes: readonly List[]): void {
    this.past = [...past]
    this.vetoes = [...vetoes]
    this.vote = vote
    // What it took its vote back from will never be sealed.
    for (const list of [...vetoes, ...past]) this.#dead.add(keyOf(list))
    for (const list of [...past, ...(vote === undefined ? [] : [vote])]) this.#voted(list, this.id)
  }
}

const keys = new WeakMap<List, string>()

function keyOf (list: List): string {
  const known = keys.get(list)
  if (known !== undefined) return known
  const key = JSON.stringify([writeMembers(list.members), list.tieBreaker, list.round])
  keys.set(list, key)
  return key
}

function byOrder (a: List, b: List): number {
  const [one, other] = [keyOf(a), keyOf(b)]
  return one === other ? 0 : one < other ? -1 : 1
}

function isIn ({ members }: List, { id, store }: Member): boolean { return members.some(member => member.id === id && member.store === store) }
