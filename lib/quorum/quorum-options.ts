import type { ErrorCode } from '../ground/errors.js'
import type { Answer } from './cells.js'

export interface QuorumOptions {
  /** Undefined: the one that storage kept, or a random one. */
  readonly id: string | undefined
  /** Everybody who counts, by id: then nothing has to be agreed on first. */
  readonly members?: readonly string[] | undefined
  /** How many members there are to be, where nobody lists them; 0: that is said later, or somebody takes this node in. */
  readonly clusterSize?: number | undefined
  /** Whether half of an even number suffices if the least id is among them; default true. All members must say the same. */
  readonly tieBreaker?: boolean | undefined
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number
  /** Whether the host has storage: then nothing is said before it is durable. Without it, a node that restarts is a new node. */
  readonly persistent: boolean
  /** How long an owner may be silent at least before another takes its place, in milliseconds. */
  readonly patienceMs: number
  /** The neighbour that is next on the way to a member, where somebody knows. */
  readonly nextHop?: ((to: string) => string | undefined) | undefined
  /** How long a message may be that is passed on for others, as MessagePack. Default: without limit. */
  readonly maxMessageBytes?: number | undefined
}

export type QuorumEvent =
  | { readonly kind: 'done', readonly n: number, readonly answer: Answer }
  /** A call comes to nothing; or, OUTCOME_UNKNOWN, nobody will hear what came of it. */
  | { readonly kind: 'fail', readonly n: number, readonly code: ErrorCode }
  | { readonly kind: 'add' | 'rem', readonly element: string }
  | { readonly kind: 'ready' | 'halt' }
  | { readonly kind: 'members', readonly members: readonly string[], readonly epoch: number }
  /** A change of members is done, or can't be. */
  | { readonly kind: 'changed', readonly n: number, readonly code: ErrorCode | undefined }
  /** CLUSTER_FULL: others have become a cluster without this node. NOT_MEMBER: it was put out, or its storage is not the one that belongs to its id. CLUSTER_MISMATCH: there is another cluster. */
  | { readonly kind: 'refused', readonly code: ErrorCode }
