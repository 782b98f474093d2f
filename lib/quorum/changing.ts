import type { ErrorCode } from '../ground/errors.js'
import { storeOf } from './configuration.js'
import type { Configuration, Member } from './configuration.js'

/** A change of members that somebody asked for. `replace` may name one id twice: the same id with another store. */
export type MemberChange =
  | { readonly kind: 'grow', readonly id: string }
  | { readonly kind: 'shrink', readonly id: string }
  | { readonly kind: 'replace', readonly id: string, readonly by: string }

/** What is to be done next about a change: it is done or can't be, a newcomer is to be asked, or these members are to follow. */
export type Step =
  | { readonly kind: 'end', readonly code: ErrorCode | undefined }
  | { readonly kind: 'invite', readonly id: string }
  | { readonly kind: 'propose', readonly next: readonly Member[] }

interface Pending {
  readonly n: number
  readonly change: MemberChange
  /** The store that is to be replaced. */
  readonly former: string | undefined
  isProposed: boolean
  /** How often its newcomer was asked and did not answer, since its turn came. */
  invitations: number
}

/** So often a newcomer is asked before those behind it have their turn: it may never come. */
const mostInvitations = 20

/** The changes that this node's user asked for, one at a time: each is begun under the configuration that it finds, and again under the next if another came first. */
export class Changing {
  readonly #pending: Pending[] = []
  readonly #welcomed = new Map<string, string>()
  #last = 0

  get size (): number { return this.#pending.length }

  /** `storeNow`: who speaks for the id that is to be replaced. */
  add (change: MemberChange, storeNow: string | undefined): number {
    this.#pending.push({ n: ++this.#last, change, former: storeNow, isProposed: false, invitations: 0 })
    return this.#last
  }

  /** A newcomer has answered, and belongs to this cluster from now on. @returns whether that is news: a store that does not count as new would else be invited again at once */
  welcomed (id: string, store: string): boolean {
    if (!this.#pending.some(({ change }) => id === (change.kind === 'replace' ? change.by : change.id))) return false
    const isNews = this.#welcomed.get(id) !== store
    this.#welcomed.set(id, store)
    return isNews
  }

  /** What is to be done about the first change, where no change is under way; `members` with the stores that are known. */
  next (configuration: Configuration, members: readonly Member[]): { readonly n: number, readonly step: Step } | undefined {
    const first = this.#pending[0]
    if (first === undefined || configuration.next !== undefined) return undefined
    const step = this.#step(first, configuration, members)
    if (step.kind === 'end') this.#pending.shift()
    first.isProposed ||= step.kind === 'propose'
    if (step.kind === 'invite' && ++first.invitations === mostInvitations) {
      first.invitations = 0
      this.#pending.push(this.#pending.shift()!)
    }
    return { n: first.n, step }
  }

  /** This node is no member any more, and can't ask for anything. @returns what came of what it had asked for */
  endAll (configuration: Configuration): Array<{ readonly n: number, readonly code: ErrorCode | undefined }> {
    return this.#pending.splice(0).map(pending => {
      const step = this.#step(pending, configuration, configuration.next ?? configuration.members)
      return { n: pending.n, code: step.kind === 'end' ? step.code : 'NOT_MEMBER' }
    })
  }

  #step ({ change, former, isProposed }: Pending, configuration: Configuration, members: readonly Member[]): Step {
    const { id } = change
    const isIn = storeOf(configuration, id) !== undefined
    const rest = members.filter(member => member.id !== id)
    if (change.kind === 'grow') return isIn ? end() : this.#with(members, id)
    if (change.kind === 'shrink') {
      if (!isIn) return end(isProposed ? undefined : 'NOT_MEMBER')
      return rest.length === 0 ? end('INVALID_ARGUMENT') : { kind: 'propose', next: rest }
    }
    const { by } = change
    const store = members.find(member => member.id === id)?.store
    if (by === id) return !isIn ? end('NOT_MEMBER') : former !== undefined && store !== former ? end() : this.#with(rest, id, former)
    const isThere = storeOf(configuration, by) !== undefined
    if (!isIn) return end(isThere ? undefined : 'NOT_MEMBER')
    return isThere ? end('INVALID_ARGUMENT') : this.#with(rest, by)
  }

  #with (rest: readonly Member[], id: string, former?: string): Step {
    const store = this.#welcomed.get(id)
    return store === undefined || store === former ? { kind: 'invite', id } : { kind: 'propose', next: [...rest, { id, store }] }
  }
}

function end (code?: ErrorCode): Step { return { kind: 'end', code } }
