import { isName, maxIdBytes } from '../ground/ids.js'
import type { Message } from '../core.js'
import { maxEpochBytes } from './source.js'
import { isStamp } from './stamp.js'
import type { Stamp } from './stamp.js'
import { bad, checkEntry, isVersion } from './wire-entry.js'
import type { EntryLimits, WireEntry } from './wire-entry.js'

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
 * | MARK position, closed, end, [source, version ...] | server | a closed mark: take these digests over; the first one: you have all that was there when we met |
 * | JOINED last, [source, floor ...] | server | the join is whole: drop what I have superseded |
 * | ACK position, delivered, closed | taker | yours up to `position` is kept here; mine up to there has nothing for you |
 */
export const messageType = { want: 1, digest: 2, ask: 3, join: 4, delta: 5, mark: 6, joined: 7, ack: 8 } as const

export type GossipMessage =
  | { readonly type: 'want', readonly delivered: number, readonly closed: number }
  | { readonly type: 'digest', readonly last: boolean, readonly versions: readonly Versioned[] }
  | { readonly type: 'ask' }
  | { readonly type: 'join' }
  | { readonly type: 'delta', readonly position: number, readonly sources: readonly string[], readonly base: Stamp, readonly entries: readonly WireEntry[] }
  | { readonly type: 'mark', readonly position: number, readonly closed: number, readonly end: boolean, readonly versions: readonly Versioned[] }
  | { readonly type: 'joined', readonly last: boolean, readonly floors: readonly Versioned[] }
  | { readonly type: 'ack', readonly position: number, readonly delivered: number, readonly closed: number }

/** A source by its name; by the hash of its name where it is retired. */
export interface Versioned { readonly source: string | number, readonly version: number }

/** Reads a message from a peer whole, before any of it is applied. @throws TendrilError BAD_FRAME, CLOCK_SKEW */
export function readMessage (message: Message, limits: EntryLimits): GossipMessage {
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

function readDelta (at: unknown, sources: unknown, base: unknown, entries: unknown, limits: EntryLimits): GossipMessage {
  if (!isStamp(base)) throw bad('a base stamp out of bounds')
  const names = list(sources).map(sourceName)
  const checked = list(entries)
  const used = new Uint8Array(names.length)
  for (const entry of checked) checkEntry(entry, base, used, limits)
  if (used.includes(0)) throw bad('a source that no entry speaks of')
  return { type: 'delta', position: position(at), sources: names, base, entries: checked as readonly WireEntry[] }
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
  if (!isName(value, maxIdBytes + 1 + maxEpochBytes) || !/^[^]+@[0-9a-z]+$/.test(value)) throw bad('a source without a name and an epoch')
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
