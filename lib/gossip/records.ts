import { TendrilError } from '../ground/errors.js'
import type { Now } from '../ground/clock.js'
import type { Value } from '../ground/values.js'
import { Entry } from './entry.js'
import type { Rarely } from './entry.js'
import type { Source } from './source.js'

/**
 * How a replica stands in storage, encode and decode side by side. The first letter of a record's key tells its kind:
 * `e` an entry, `s` a source, `r` a retired one, `p` how far a peer's log has been taken in, `m` the one record about the replica itself.
 */

export function entryKey (entry: Entry): string {
  return `e${entry.key.length}:${entry.key}${entry.source.name}`
}

/** The time at which it expires is kept on the wall clock: the monotonic one starts anew with the machine. */
export function entryRecord (entry: Entry, now: Now): unknown[] {
  const { rarely } = entry
  const record = [entry.key, entry.source.name, entry.version, entry.stamp, entry.sequence, entry.value !== undefined, entry.value ?? null]
  if (rarely === undefined) return record
  const expires = rarely.expiresAt === undefined ? null : now.wall + rarely.expiresAt - now.monotonic
  const context: unknown[] = []
  rarely.context?.forEach((version, source) => { context.push(source.name, version) })
  return [...record, rarely.expired, expires, context]
}

export function readEntry (record: readonly unknown[], sourceOf: (name: string) => Source, now: Now): Entry {
  const [key, source, version, stamp, sequence, present, value, expired, expires, context] = record
  if (typeof key !== 'string' || typeof source !== 'string' || typeof version !== 'number' || typeof stamp !== 'number' ||
    typeof sequence !== 'number' || typeof present !== 'boolean') throw corrupt('an entry', record)
  const rarely = expired === undefined ? undefined : readRarely(expired, expires, context, sourceOf, now)
  const entry = new Entry(key, sourceOf(source), version, stamp, present ? value as Value : undefined, rarely)
  entry.sequence = sequence
  return entry
}

function readRarely (expired: unknown, expires: unknown, context: unknown, sourceOf: (name: string) => Source, now: Now): Rarely {
  if (typeof expired !== 'boolean' || !Array.isArray(context)) throw corrupt('an entry', [expired, expires])
  const seen = new Map<Source, number>()
  for (let i = 0; i + 1 < context.length; i += 2) {
    const [name, version] = [context[i], context[i + 1]] as unknown[]
    if (typeof name !== 'string' || typeof version !== 'number') throw corrupt('a context', context)
    seen.set(sourceOf(name), version)
  }
  const expiresAt = typeof expires === 'number' ? now.monotonic + Math.max(0, expires - now.wall) : undefined
  return { context: seen.size > 0 ? seen : undefined, expired, expiresAt }
}

export function sourceKey (name: string): string { return `s${name}` }

export function sourceRecord (source: Source): unknown[] {
  return [source.name, source.version, source.floor, source.heard, source.sequence]
}

export function readSource (record: readonly unknown[], sourceOf: (name: string) => Source): Source {
  const [name, version, floor, heard, sequence] = record
  if (typeof name !== 'string' || typeof version !== 'number' || typeof floor !== 'number' || typeof heard !== 'number' ||
    typeof sequence !== 'number') throw corrupt('a source', record)
  return Object.assign(sourceOf(name), { version, floor, heard, sequence })
}

export function retiredKey (hash: number): string { return `r${hash}` }

export function readRetired (record: readonly unknown[]): [hash: number, version: number] {
  const [hash, version] = record
  if (typeof hash !== 'number' || typeof version !== 'number') throw corrupt('a retired source', record)
  return [hash, version]
}

/** How far this node has taken in the log of a peer's epoch; the next session with it goes on from there. */
export interface Resume {
  readonly epoch: string
  /** Entries up to this place in the peer's log have been taken in. */
  readonly delivered: number
  /** Digests up to this place in the peer's log have been taken in. */
  readonly closed: number
}

export function resumeKey (peerId: string): string { return `p${peerId}` }

export function resumeRecord (peerId: string, { epoch, delivered, closed }: Resume): unknown[] {
  return [peerId, epoch, delivered, closed]
}

export function readResume (record: readonly unknown[]): { peerId: string, resume: Resume } {
  const [peerId, epoch, delivered, closed] = record
  if (typeof peerId !== 'string' || typeof epoch !== 'string' || typeof delivered !== 'number' || typeof closed !== 'number') {
    throw corrupt('a resume point', record)
  }
  return { peerId, resume: { epoch, delivered, closed } }
}

export const replicaKey = 'm'

/** What a replica knows of itself. `whole`: nothing it has told others can be missing from storage. */
export interface Self {
  readonly id: string
  readonly epoch: string
  readonly whole: boolean
  /** The greatest place in the own log of which an entry was forgotten, and a source retired. */
  readonly floorPosition: number
  readonly retiredPosition: number
  /** Where the log stood: no place that was ever told is given out again. */
  readonly sequence: number
}

const layout = 1

export function selfRecord ({ id, epoch, whole, floorPosition, retiredPosition, sequence }: Self): unknown[] {
  return [layout, id, epoch, whole, floorPosition, retiredPosition, sequence]
}

export function readSelf (record: readonly unknown[]): Self {
  const [version, id, epoch, whole, floorPosition, retiredPosition, sequence] = record
  if (version !== layout || typeof id !== 'string' || typeof epoch !== 'string' || typeof whole !== 'boolean' ||
    typeof floorPosition !== 'number' || typeof retiredPosition !== 'number' || typeof sequence !== 'number') {
    throw corrupt('the replica', record)
  }
  return { id, epoch, whole, floorPosition, retiredPosition, sequence }
}

function corrupt (what: string, record: readonly unknown[]): TendrilError {
  return new TendrilError('STORAGE_FAILED', `storage holds a corrupt record of ${what}: ${record.map(String).join(', ').slice(0, 80)}`)
}
