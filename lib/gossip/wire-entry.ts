import type { Now } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import { isName } from '../ground/ids.js'
import { inspectValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import { Entry } from './entry.js'
import type { Context } from './entry.js'
import { roughSize } from './size.js'
import { maxVersion } from './source.js'
import type { Source } from './source.js'
import { isStamp } from './stamp.js'
import type { Stamp } from './stamp.js'

/**
 * An entry as it travels: `[key, source, version, stamp, value]`, and where it is a delete, expires, or has a context,
 * `[..., flags, time remaining in ms or null, [source, version ...]]`. Sources are places in the frame's list of them,
 * stamps distances from the frame's base.
 */
export type WireEntry = readonly [
  key: string, source: number, version: number, distance: number, value: Value,
  flags?: number, ttlMs?: number | null, context?: readonly number[]
]

export interface EntryLimits {
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  /** The greatest stamp accepted: anything beyond is CLOCK_SKEW. */
  readonly maxStamp: Stamp
}

const flag = { delete: 1, expired: 2 }
const plainLength = 5
const fullLength = 8

/** `place` gives a source's place in the frame's list. */
export function writeEntry (entry: Entry, base: Stamp, place: (source: Source) => number, now: Now): WireEntry {
  const { key, source, version, stamp, value, rarely } = entry
  const at = place(source)
  if (value !== undefined && rarely === undefined) return [key, at, version, stamp - base, value]
  const flags = (value === undefined ? flag.delete : 0) | (rarely?.expired === true ? flag.expired : 0)
  const expiresAt = rarely?.expired === true ? undefined : rarely?.expiresAt
  const ttlMs = expiresAt === undefined ? null : Math.max(0, expiresAt - now.monotonic)
  const context: number[] = []
  rarely?.context?.forEach((dot, seen) => { context.push(place(seen), dot) })
  return [key, at, version, stamp - base, value ?? null, flags, ttlMs, context]
}

/** About how many bytes an entry takes in a frame. */
export function wireSize ([key, , , , value, , , context]: WireEntry): number {
  return key.length + roughSize(value) + 16 + (context?.length ?? 0) * 4
}

/** Checks an entry of a peer whole, and notes which of the frame's sources it speaks of. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
export function checkEntry (entry: unknown, base: Stamp, used: Uint8Array, limits: EntryLimits): asserts entry is WireEntry {
  if (!Array.isArray(entry) || (entry.length !== plainLength && entry.length !== fullLength)) throw bad('an entry of a wrong length')
  const [key, source, version, distance, value, flags, ttlMs, context] = entry as readonly unknown[]
  if (!isName(key, limits.maxKeyBytes)) throw bad('a key that is no string of the allowed length')
  if (!isBelow(source, used.length)) throw bad('an entry of no listed source')
  used[source] = 1
  if (!isVersion(version)) throw bad('a version out of bounds')
  const stamp = typeof distance === 'number' ? base + distance : NaN
  if (!isStamp(stamp)) throw bad('a stamp out of bounds')
  if (stamp > limits.maxStamp) throw new TendrilError('CLOCK_SKEW', 'a stamp lies further ahead than the accepted clock skew')
  inspectValue(value, limits.maxValueBytes)
  if (entry.length === plainLength) return
  if (!isBelow(flags, 4) || flags === flag.expired) throw bad('flags that do not go together')
  if (ttlMs !== null && !isTimeRemaining(ttlMs)) throw bad('a time remaining out of bounds')
  checkContext(context, used)
}

function checkContext (context: unknown, used: Uint8Array): void {
  if (!Array.isArray(context) || context.length % 2 !== 0) throw bad('a context that is no list of pairs')
  for (let i = 0; i < context.length; i += 2) {
    const source: unknown = context[i]
    if (!isBelow(source, used.length) || !isVersion(context[i + 1])) throw bad('a context out of bounds')
    used[source] = 1
  }
}

/** Makes the entry of one that was checked. `known` are the frame's sources. */
export function readEntry (wire: WireEntry, base: Stamp, source: Source, known: readonly Source[], now: Now): Entry {
  const [key, , version, distance, value, flags = 0, ttlMs = null, context] = wire
  const entry = new Entry(key, source, version, base + distance, (flags & flag.delete) === 0 ? value : undefined, undefined)
  const expired = (flags & flag.expired) !== 0
  const seen = context === undefined ? undefined : readContext(context, source, known)
  if (seen === undefined && ttlMs === null && !expired) return entry
  entry.rarely = { context: seen, expiresAt: ttlMs === null ? undefined : now.monotonic + ttlMs, expired }
  return entry
}

function readContext (pairs: readonly number[], own: Source, known: readonly Source[]): Context | undefined {
  if (pairs.length === 0) return undefined
  const context: Context = new Map()
  for (let i = 0; i < pairs.length; i += 2) {
    const source = known[pairs[i] ?? -1]
    const version = pairs[i + 1]
    if (source !== undefined && version !== undefined && source !== own) context.set(source, version)
  }
  return context
}

/** A century is as good as for ever, and keeps sums of times exact. */
const maxTtlMs = 100 * 366 * 86_400_000

function isTimeRemaining (value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= maxTtlMs
}

export function isVersion (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxVersion
}

function isBelow (value: unknown, bound: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < bound
}

export function bad (what: string): TendrilError {
  return new TendrilError('BAD_FRAME', `gossip: ${what}`)
}
