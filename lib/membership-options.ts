import { outOfRange, wrongType } from './ground/errors.js'
import { checkName, maxIdBytes } from './ground/ids.js'
import { admitFor } from './ground/values.js'
import type { Value } from './ground/values.js'
import type { MembersOptions } from './liveness/members.js'
import { maxAddressBytes, slotOverhead } from './liveness/slots.js'
import { checkCount, checkObject } from './stream/options.js'
import type { Settings, StructureOptions } from './stream/options.js'

/** Opens a connection to a member's address. */
export type Dial = (address: string, id: string) => void

export interface MembershipOptions extends StructureOptions {
  /** Where this member listens, told to the others; at most 1 KiB. Default: none. */
  address?: string
  /**
   * What this member says of itself from the beginning, a plain object. Default: nothing. With `storage` it stays said at
   * later starts, until it is deleted.
   */
  facts?: object
  /** For so long a connection may be idle before this end says that it is here, in milliseconds. Default: 1,000. */
  heartbeatMs?: number
  /** From which phi on a peer is not heard any more. Default: 8, which a steady heartbeat's silence meets after four. */
  phiThreshold?: number
  /** For so long a member is suspect before it is dead, in milliseconds. Default: 2,400. */
  suspectMs?: number
  /** For so long members who died or left are kept, in milliseconds. Default: 86,400,000, a day. */
  retentionMs?: number
  /**
   * Opens a connection to a member's address. Called when nobody is known to hear that member any more, and another one
   * asks whether this one can reach it, or when this one hears nobody at all: pipe the new connection with `createStream()`, and end it when it pleases; at most
   * once in ten heartbeats for each member. Without it, this node is no help in such a search.
   */
  dial?: Dial
}

const acceptedSkewMs = 60_000
const deletesKept = 1_000
const day = 86_400_000

// What members say of each other has to fit, however short the user's own keys and values are to be.
const leastName = (maxKeyBytes: number): number => Math.max(maxKeyBytes, maxIdBytes)
const leastValue = (maxValueBytes: number): number => Math.max(maxValueBytes, maxAddressBytes + 8)

/** How long an entry may be, as {@link checkStructureOptions} asks. */
export function slotBytes (maxKeyBytes: number, maxValueBytes: number): number {
  return slotOverhead + leastName(maxKeyBytes) + leastValue(maxValueBytes)
}

/** @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkMembershipOptions (options: MembershipOptions, settings: Settings): Omit<MembersOptions, 'random'> {
  const { address, heartbeatMs = 1_000, phiThreshold = 8, suspectMs = 2_400, retentionMs = day, facts = {} } = options
  const { id, storage, durable, maxKeyBytes, maxValueBytes } = settings
  if (address !== undefined) checkName('address', address, maxAddressBytes)
  return {
    id,
    address,
    facts: checkFacts(facts, maxKeyBytes, maxValueBytes),
    maxKeyBytes: leastName(maxKeyBytes),
    maxValueBytes: leastValue(maxValueBytes),
    acceptedSkewMs,
    deletesKept,
    persistent: storage !== undefined,
    durable,
    heartbeatMs: checkCount('heartbeatMs', heartbeatMs, 10, day),
    phiThreshold: checkThreshold(phiThreshold),
    suspectMs: checkCount('suspectMs', suspectMs, 0, day),
    retentionMs: checkCount('retentionMs', retentionMs, 1, 1000 * day)
  }
}

function checkFacts (facts: unknown, maxKeyBytes: number, maxValueBytes: number): Map<string, Value> {
  checkObject('facts', facts)
  const prototype: unknown = Object.getPrototypeOf(facts)
  if (prototype !== Object.prototype && prototype !== null) throw wrongType('facts must be a plain object')
  return new Map(Object.entries(facts).map(([key, value]) => {
    checkName('key', key, maxKeyBytes)
    return [key, admitFor(key, value, maxValueBytes)]
  }))
}

function checkThreshold (phi: unknown): number {
  if (typeof phi !== 'number' || Number.isNaN(phi)) throw wrongType('phiThreshold must be a number')
  if (phi <= 0 || phi > 100) throw outOfRange('phiThreshold must be above 0, and at most 100')
  return phi
}

/** @throws TypeError with code INVALID_ARGUMENT */
export function checkDial (dial: unknown): Dial | undefined {
  if (dial !== undefined && typeof dial !== 'function') throw wrongType('dial must be a function')
  return dial as Dial | undefined
}

/** @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkVersion (version: unknown): number | undefined {
  return version === undefined ? undefined : checkCount('ifVersion', version, 0, Number.MAX_SAFE_INTEGER)
}
