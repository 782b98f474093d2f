import { TendrilError } from '../ground/errors.js'
import { isName } from '../ground/ids.js'
import { inspectValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import type { Message } from '../core.js'
import { maxEpochBytes, maxVersion } from './source.js'
import { isStamp } from './stamp.js'
import type { Stamp } from './stamp.js'

/**
 * The messages between two replicas of one structure. Who takes data in speaks first.
 *
 * | message | from | says |
 * |---|---|---|
 * | WANT delivered, closed | taker | your log is known to me up to here: go on |
 * | DIGEST last, [source, version ...] | taker | what I have; in parts, the last one says so |
 * | ASK | server | your place in my log is of no use (any more): send a digest |
 * | JOIN | server | you are below my floor: a full join begins |
 * | DELTA position, sources, base, entries | server | entries in log order, up to `position` |
 * | MARK position, closed, end, [source, version ...] | server | a closed mark: take these digests over |
 * | JOINED last, [source, floor ...] | server | the join is whole: drop what I have superseded |
 * | ACK position, delivered, closed | taker | yours up to `position` is kept here; mine up to there has nothing for you |
 */
export const messageType = { want: 1, digest: 2, ask: 3, join: 4, delta: 5, mark: 6, joined: 7, ack: 8 } as const

export type GossipMessage =
  | { readonly type: 'want', readonly delivered: number, readonly closed: number }
  | { readonly type: 'digest', readonly last: boolean, readonly versions: readonly Versioned[] }
  | { readonly type: 'ask' }
  | { readonly type: 'join' }
  | { readonly type: 'delta', readonly position: number, readonly sources: readonly string[], readonly records: readonly EntryRecord[] }
  | { readonly type: 'mark', readonly position: number, readonly closed: number, readonly end: boolean, readonly versions: readonly Versioned[] }
  | { readonly type: 'joined', readonly last: boolean, readonly floors: readonly Versioned[] }
  | { readonly type: 'ack', readonly position: number, readonly delivered: number, readonly closed: number }

/** A source by its name; by the hash of its name where it is retired. */
export interface Versioned { readonly source: string | number, readonly version: number }

/** An entry as it travels: its source is a place in the frame's list of sources. */
export interface EntryRecord {
  readonly key: string
  readonly source: number
  readonly version: number
  readonly stamp: Stamp
  /** Undefined: a delete. */
  readonly value: Value | undefined
  readonly expired: boolean
  /** Time remaining in milliseconds; undefined: for ever. */
  readonly ttlMs: number | undefined
  /** Pairs of a place in the frame's list of sources and a version. */
  readonly context: readonly number[]
}

export interface MessageLimits {
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  /** The greatest stamp accepted: anything beyond is CLOCK_SKEW. */
  readonly maxStamp: Stamp
}

/** Reads a message from a peer whole, before any of it is applied. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
export function readMessage (message: Message, limits: MessageLimits): GossipMessage {
  const [type, a, b, c, d] = message
  switch (type) {
    case messageType.want: return { type: 'want', delivered: position(a), closed: position(b) }
    case messageType.digest: return { type: 'digest', last: boolean(a), versions: versions(b) }
    case messageType.ask: return { type: 'ask' }
    case messageType.join: return { type: 'join' }
    case messageType.delta: return readDelta(a, b, c, d, limits)
    case messageType.mark: return { type: 'mark', position: position(a), closed: position(b), end: boolean(c), versions: versions(d) }
    case messageType.joined: return { type: 'joined', last: boolean(a), floors: versions(b) }
    case messageType.ack: return { type: 'ack', position: position(a), delivered: position(b), closed: position(c) }
    default: throw bad('an unknown type of message')
  }
}

/** Entries carry their stamps as distances from one base, which keeps them short. */
export function writeDelta (position: number, sources: readonly string[], records: readonly EntryRecord[]): Message {
  const base = records[0]?.stamp ?? 0
  return [messageType.delta, position, sources, base, records.map(record => writeEntry(record, base))]
}

const flag = { delete: 1, expired: 2 }

function writeEntry (record: EntryRecord, base: Stamp): unknown[] {
  const { key, source, version, stamp, value, expired, ttlMs, context } = record
  if (value !== undefined && ttlMs === undefined && context.length === 0) return [key, source, version, stamp - base, value]
  const flags = (value === undefined ? flag.delete : 0) | (expired ? flag.expired : 0)
  return [key, source, version, stamp - base, value ?? null, flags, ttlMs ?? null, context]
}

function readDelta (at: unknown, sources: unknown, base: unknown, entries: unknown, limits: MessageLimits): GossipMessage {
  if (!isStamp(base)) throw bad('a base stamp out of bounds')
  const names = list(sources).map(sourceName)
  const records = list(entries).map(entry => readEntry(list(entry), base, names.length, limits))
  return { type: 'delta', position: position(at), sources: names, records }
}

function readEntry (entry: readonly unknown[], base: Stamp, sources: number, limits: MessageLimits): EntryRecord {
  const [key, source, version, distance, value, flags, ttl, context] = entry
  if (entry.length !== 5 && entry.length !== 8) throw bad('an entry of a wrong length')
  if (!isName(key, limits.maxKeyBytes)) throw bad('a key that is no string of the allowed length')
  if (!isBelow(source, sources)) throw bad('an entry of no listed source')
  if (!isVersion(version)) throw bad('a version out of bounds')
  const stamp = typeof distance === 'number' ? base + distance : NaN
  if (!isStamp(stamp)) throw bad('a stamp out of bounds')
  if (stamp > limits.maxStamp) throw new TendrilError('CLOCK_SKEW', 'a stamp lies further ahead than the accepted clock skew')
  if (entry.length === 5) {
    inspectValue(value, limits.maxValueBytes)
    return { key, source, version, stamp, value: value as Value, expired: false, ttlMs: undefined, context: noContext }
  }
  if (!isBelow(flags, 4)) throw bad('unknown flags')
  const deleted = (flags & flag.delete) !== 0
  if (!deleted) inspectValue(value, limits.maxValueBytes)
  return {
    key,
    source,
    version,
    stamp,
    value: deleted ? undefined : value as Value,
    expired: (flags & flag.expired) !== 0,
    ttlMs: ttl === null ? undefined : timeRemaining(ttl),
    context: readContext(list(context), sources)
  }
}

const noContext: readonly number[] = []

function readContext (context: readonly unknown[], sources: number): readonly number[] {
  if (context.length % 2 !== 0) throw bad('a context of odd length')
  return context.map((number, i) => {
    if (i % 2 === 0 ? !isBelow(number, sources) : !isVersion(number)) throw bad('a context out of bounds')
    return number as number
  })
}

/** Writes sources and versions flat: `[source, version, source, version ...]`. */
export function writeVersions (versioned: readonly Versioned[]): unknown[] {
  return versioned.flatMap(({ source, version }) => [source, version])
}

function versions (value: unknown): Versioned[] {
  const flat = list(value)
  if (flat.length % 2 !== 0) throw bad('versions of odd length')
  const versioned: Versioned[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const version = flat[i + 1]
    if (!isVersion(version)) throw bad('a version out of bounds')
    const source = flat[i]
    versioned.push({ source: typeof source === 'number' ? position(source) : sourceName(source), version })
  }
  return versioned
}

function sourceName (value: unknown): string {
  if (!isName(value, 64 + 1 + maxEpochBytes) || !/^[^]+@[0-9a-z]+$/.test(value)) throw bad('a source without a name and an epoch')
  return value
}

function list (value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw bad('no list where one belongs')
  return value
}

function boolean (value: unknown): boolean {
  if (typeof value !== 'boolean') throw bad('no boolean where one belongs')
  return value
}

function position (value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw bad('a position out of bounds')
  return value as number
}

/** A century is as good as for ever, and keeps sums of times exact. */
const maxTtlMs = 100 * 366 * 86_400_000

function timeRemaining (value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= maxTtlMs)) throw bad('a time remaining out of bounds')
  return value
}

function isVersion (value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maxVersion
}

function isBelow (value: unknown, bound: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < bound
}

function bad (what: string): TendrilError {
  return new TendrilError('BAD_FRAME', `gossip: ${what}`)
}
