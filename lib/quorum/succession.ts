import type { Configuration } from './configuration.js'
import type { QuorumSystem } from './systems.js'
import type { Term } from './terms.js'

/** A value and the ballot under which it was accepted. */
export interface Accepted {
  readonly ballot: Term
  readonly configuration: Configuration
}

/** What a proposer and acceptors say to each other of what follows their epoch. */
export type SuccessionBody =
  | { readonly type: 'next-prepare', readonly ballot: Term }
  | { readonly type: 'next-promise', readonly ballot: Term, readonly accepted: Accepted | undefined }
  | { readonly type: 'next-accept', readonly ballot: Term, readonly configuration: Configuration }
  | { readonly type: 'next-accepted' | 'next-refuse', readonly ballot: Term }

interface Attempt {
  readonly ballot: Term
  value: Configuration
  readonly promised: Map<string, Accepted | undefined>
  readonly accepted: Set<string>
  hasQuorum: boolean
}

/**
 * What follows one epoch, decided once: Paxos for a single value, by the quorums of that epoch. Acceptor and proposer in one, without time.
 *
 * Lamport, *Paxos Made Simple*, 2.2 and 2.3.
 */
export class Succession {
  /** The acceptor, durable. */
  promised: Term = ''
  accepted: Accepted | undefined
  /** The greatest ballot heard of. */
  heard: Term = ''
  attempt: Attempt | undefined

  get isUntouched (): boolean { return this.promised === '' }

  prepare (ballot: Term): SuccessionBody {
    if (!this.#admits(ballot)) return { type: 'next-refuse', ballot: this.promised }
    return { type: 'next-promise', ballot, accepted: this.accepted }
  }

  accept (ballot: Term, configuration: Configuration): SuccessionBody {
    if (!this.#admits(ballot)) return { type: 'next-refuse', ballot: this.promised }
    this.accepted = { ballot, configuration }
    return { type: 'next-accepted', ballot }
  }

  #admits (ballot: Term): boolean {
    if (ballot < this.promised) return false
    this.promised = ballot
    this.hear(ballot)
    return true
  }

  hear (ballot: Term): void {
    if (ballot > this.heard) this.heard = ballot
  }

  /** `ballot`: a new one, above all that were heard of. */
  propose (ballot: Term, value: Configuration): void {
    this.hear(ballot)
    this.attempt = { ballot, value, promised: new Map(), accepted: new Set(), hasQuorum: false }
  }

  /** What a member is still to be asked. */
  ask (id: string): SuccessionBody | undefined {
    const { attempt } = this
    if (attempt === undefined) return undefined
    const { ballot, value: configuration } = attempt
    if (attempt.hasQuorum) return attempt.accepted.has(id) ? undefined : { type: 'next-accept', ballot, configuration }
    return attempt.promised.has(id) ? undefined : { type: 'next-prepare', ballot }
  }

  /** @returns whether a quorum has promised by this, so that all are to be asked to accept */
  heardPromise (from: string, ballot: Term, accepted: Accepted | undefined, system: QuorumSystem): boolean {
    const { attempt } = this
    if (attempt?.ballot !== ballot || attempt.hasQuorum) return false
    attempt.promised.set(from, accepted)
    if (!system.isQuorum(new Set(attempt.promised.keys()))) return false
    attempt.hasQuorum = true
    // "v is the value of the highest-numbered proposal among the responses, or any value if they reported no proposals."
    let highest: Accepted | undefined
    for (const one of attempt.promised.values()) if (one !== undefined && one.ballot > (highest?.ballot ?? '')) highest = one
    attempt.value = highest?.configuration ?? attempt.value
    return true
  }

  /** @returns what was decided */
  heardAccepted (from: string, ballot: Term, system: QuorumSystem): Configuration | undefined {
    const { attempt } = this
    if (attempt?.ballot !== ballot || !attempt.hasQuorum) return undefined
    attempt.accepted.add(from)
    return system.isQuorum(attempt.accepted) ? attempt.value : undefined
  }

  /** Somebody has promised more: this attempt comes to nothing. */
  refused (ballot: Term): void {
    this.hear(ballot)
    if (this.attempt !== undefined && ballot > this.attempt.ballot) this.attempt = undefined
  }
}
