import { createHmac, timingSafeEqual } from 'node:crypto'

/** So that what is signed here can never mean anything elsewhere, nor under another version. */
const label = 'tendril 1 proof'

const proofBytes = 32

/** Whose nonce is greater is the first. The role is signed, so that a proof cannot be sent back as one's own. */
export type Role = 'first' | 'second'

/** What both ends saw: the exact lines of both hellos without newlines, and TLS's exporter where both can bind to it. */
export interface Transcript {
  readonly first: Uint8Array
  readonly second: Uint8Array
  readonly exporter: Uint8Array | undefined
}

/**
 * HMAC-SHA-256, keyed with the secret, over the label, the prover's role, both hellos and the exporter, each on a line
 * of its own: a hello holds no newline, and the exporter comes last, so that no two transcripts read alike.
 */
export function prove (secret: Uint8Array, role: Role, { first, second, exporter }: Transcript): Buffer {
  const hmac = createHmac('sha256', secret).update(`${label}\n${role}\n`)
  hmac.update(first).update('\n').update(second).update('\n')
  if (exporter !== undefined) hmac.update(exporter)
  return hmac.digest()
}

/** In a time that tells nothing about the expected proof. */
export function isProof (expected: Uint8Array, base64: unknown): boolean {
  if (typeof base64 !== 'string') return false
  const offered = Buffer.from(base64, 'base64')
  return offered.length === proofBytes && timingSafeEqual(offered, expected)
}
