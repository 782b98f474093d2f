import type { Value } from '../ground/values.js'
import type { Mention } from './view.js'

/** What the membership core tells. */
export type MemberEvent =
  | { readonly kind: 'join' | 'alive' | 'suspect' | 'dead' | 'leave' | 'evict' | 'restart' | 'reap', readonly member: Mention }
  | { readonly kind: 'update' | 'delete' | 'expire', readonly member: Mention, readonly key: string, readonly value: Value | undefined }
  | { readonly kind: 'conflict', readonly id: string }
  | { readonly kind: 'acknowledged' }
  /** Nobody is heard any more to whom something may be told. */
  | { readonly kind: 'alone' }
  /** This node is to stop: its id is another one's, or was put out. */
  | { readonly kind: 'refused', readonly code: 'DUPLICATE_ID' | 'EVICTED' }
  /** A member asks for a connection to another one, whom it does not hear. */
  | { readonly kind: 'probe', readonly id: string, readonly address: string }
