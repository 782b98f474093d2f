import { outOfRange, wrongType } from './ground/errors.js'
import { longestTimeoutMs } from './ground/clock.js'
import { checkName, maxIdBytes } from './ground/ids.js'
import { maxTokenBytes } from './quorum/cells.js'
import type { QuorumOptions } from './quorum/quorum-options.js'
import { checkBoolean, checkCount, checkObject, checkSignal } from './stream/options.js'
import type { StructureOptions } from './stream/options.js'

export interface ConsistentSetOptions extends Omit<StructureOptions, 'durable'> {
  /** How many members the cluster has when it forms. Give this or `members`. */
  clusterSize?: number
  /** The ids of all members, this one's among them: the same at each. */
  members?: readonly string[]
  /** Whether of an even number of at least four members half are enough if the least id is among them. Default: true. */
  tieBreaker?: boolean
}

/** What a call takes. */
export interface CallOptions {
  /** Ends the wait when aborted. */
  signal?: AbortSignal | undefined
  /** For so long the call waits at most, in milliseconds. */
  timeout?: number | undefined
}

export interface ChangeOptions extends CallOptions {
  /** Who holds the element, 1 to 256 bytes. `add`: default random. `rem`: only if this token holds it; default, whoever does. */
  token?: string | undefined
}

/** The same, checked. */
export interface CallSettings {
  readonly token: string | undefined
  readonly signal: AbortSignal | undefined
  readonly timeout: number | undefined
}

/** More members than this have no use, as each is asked about everything. */
export const mostMembers = 100

/** How long a cell with its element may be as it travels: what operations came to is kept there too, until it is released. */
export function cellBytes (maxKeyBytes: number): number { return maxKeyBytes + 131_072 }

/** @throws TypeError | RangeError with code INVALID_ARGUMENT */
function checkMembers (members: unknown): readonly string[] | undefined {
  if (members === undefined) return undefined
  if (!Array.isArray(members)) throw wrongType('members must be an array of ids')
  for (const id of members) checkName('a member', id, maxIdBytes)
  if (members.length === 0 || members.length > mostMembers) throw outOfRange(`members must be 1 to ${mostMembers} ids`)
  if (new Set(members).size !== members.length) throw outOfRange('members must be named once each')
  return [...members as string[]].sort()
}

/** @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkClusterSize (size: unknown): number { return checkCount('clusterSize', size, 1, mostMembers) }

/** Who counts, as the options say. @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkConfiguration ({ clusterSize, tieBreaker = true, ...options }: ConsistentSetOptions, id: string | undefined): Pick<QuorumOptions, 'id' | 'members' | 'clusterSize' | 'tieBreaker'> {
  checkBoolean('tieBreaker', tieBreaker)
  const size = clusterSize === undefined ? undefined : checkClusterSize(clusterSize)
  const members = checkMembers(options.members)
  if (members !== undefined && size !== undefined && size !== members.length) throw outOfRange('clusterSize must be the number of members')
  if (members !== undefined && (id === undefined || !members.includes(id))) throw outOfRange("members must name this node's own id")
  return { id, members, clusterSize: members?.length ?? size, tieBreaker }
}

/** @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkCall (options: unknown): CallSettings {
  checkObject('options', options)
  const { token, timeout } = options as { token?: unknown, timeout?: unknown }
  if (token !== undefined) checkName('token', token, maxTokenBytes)
  return {
    token,
    signal: checkSignal(options),
    timeout: timeout === undefined ? undefined : checkCount('timeout', typeof timeout === 'number' ? Math.ceil(timeout) : timeout, 0, longestTimeoutMs)
  }
}
