import type { Message } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import { isName, maxIdBytes } from '../ground/ids.js'
import { isEpoch } from '../gossip/epoch.js'

/**
 * What members say to each other beside the gossip core's messages, on the same channel.
 *
 * | message | says |
 * |---|---|
 * | BEAT | I am here; sent where nothing else was for a heartbeat's time |
 * | PING number | answer me |
 * | PONG number | I answer the ping of this number |
 * | LIFE epoch | from now on I am this life |
 * | PROBE id | I do not hear this member any more: dial it, if you can |
 */
export const livenessType = { beat: 9, ping: 10, pong: 11, life: 12, probe: 13 } as const

export type LivenessMessage =
  | { readonly type: 'beat' }
  | { readonly type: 'ping' | 'pong', readonly number: number }
  | { readonly type: 'life', readonly epoch: string }
  | { readonly type: 'probe', readonly id: string }

/** Reads a message whole. Undefined: it is none of these. @throws TendrilError BAD_FRAME */
export function readLiveness ([type, body]: Message): LivenessMessage | undefined {
  switch (type) {
    case livenessType.beat: return { type: 'beat' }
    case livenessType.ping: return { type: 'ping', number: count(body) }
    case livenessType.pong: return { type: 'pong', number: count(body) }
    case livenessType.life:
      if (!isEpoch(body)) throw bad('a life without an epoch')
      return { type: 'life', epoch: body }
    case livenessType.probe:
      if (!isName(body, maxIdBytes)) throw bad('a probe of nobody')
      return { type: 'probe', id: body }
    default: return undefined
  }
}

function count (value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad('a number out of bounds')
  return value as number
}

export function bad (what: string): TendrilError {
  return new TendrilError('BAD_FRAME', `members: ${what}`)
}
