import type { Clock } from '../ground/clock.js'
import { systemClock } from '../ground/clock.js'
import { outOfRange, wrongType } from '../ground/errors.js'
import { checkName, maxIdBytes, utf8Length } from '../ground/ids.js'
import type { Database } from '../storage/database.js'
import type { CodecName } from '../wire/codec.js'
import { isCodecName } from '../wire/codec.js'

/** What every structure takes. */
export interface StructureOptions {
  /** This node's id, 1 to 64 bytes. Default: the one kept in `storage`, or a random one. */
  id?: string
  /** The channel it replicates on: structures of both ends pair by name. Default: `'model'` for a Model, `'members'` for a Membership. */
  name?: string
  /** Both ends must agree on it, else CLUSTER_MISMATCH. Default: `''`. */
  cluster?: string
  /** Both ends must prove it, else AUTH_FAILED. Default: none. */
  secret?: string | Uint8Array
  /** Any abstract-level database. It stays the user's: `close()` does not close it. Without it, state lives in memory. */
  storage?: Database
  /** Whether each batch written to `storage` is to survive a loss of power, not only of the process. Default: false. */
  durable?: boolean
  /** The longest frame taken, in bytes; a line of JSON is taken as long as the largest value may make it. Default: 1 MiB. */
  maxFrameBytes?: number
  /** The longest key, in bytes of UTF-8. Default: 1 KiB. */
  maxKeyBytes?: number
  /** The largest value, in bytes as encoded. Default: 256 KiB. */
  maxValueBytes?: number
  /** How many streams may be open at a time. Default: 1,024. */
  maxStreams?: number
  /** Time and randomness. Default: the machine's own. */
  clock?: Clock
}

/** What `createStream` takes. */
export interface StreamOptions {
  /** What this end writes; what it reads is told by the other end's hello. Default: `'msgpack'`. */
  codec?: CodecName
  /** False: send this peer no updates. Default: true. */
  readable?: boolean
  /** False: take no updates from this peer. Default: true. */
  writable?: boolean
  /** False: end once both ends are in sync. Default: true. */
  tail?: boolean
  /** Destroys the stream when aborted, with code ABORTED. */
  signal?: AbortSignal
}

/** The same, complete and checked. */
export interface Settings {
  readonly id: string | undefined
  readonly name: string
  readonly cluster: string
  readonly secret: Uint8Array | undefined
  readonly storage: Database | undefined
  readonly durable: boolean
  readonly frames: FrameLimits
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  /** An entry's context is to tell of so many sources at most: what leaves it room in a frame. */
  readonly maxContext: number
  /** With so many it fits a frame in any case. */
  readonly contextRoom: number
  readonly maxStreams: number
  readonly clock: Clock
}

export interface FrameLimits {
  /** A batch of entries is about so long, and longer only by its last entry. */
  readonly batchBytes: number
  /** The longest frame taken as MessagePack. */
  readonly maxBytes: number
  /** The longest frame taken as a line of JSON. */
  readonly maxLineBytes: number
}

/** Frames are near this size, so that control is never stuck behind data; a single large value may exceed it. */
const batchBytes = 16_384
/** What a frame holds beside entries, and each entry beside its key and its value. */
const envelopeBytes = 1024
/** What a context takes of it at least, and for each source: the longest name, its place, a version. */
const contextBytes = 512
const contextSourceBytes = 120
const longestContext = 1000
/** An empty byte array takes two bytes as MessagePack and fourteen as JSON: nothing grows by more. */
const jsonGrowth = 7
/** A batch is measured by characters, of which each may take three bytes. */
const bytesACharacter = 3

const maxClusterBytes = 64
const maxNameBytes = 1024

/**
 * @param largestEntry how long a key and a value that are as long as they may be make an entry
 * @throws TypeError | RangeError with code INVALID_ARGUMENT
 */
export function checkStructureOptions (options: StructureOptions, defaultName: string, largestEntry = (keyBytes: number, valueBytes: number): number => keyBytes + valueBytes): Settings {
  checkObject('options', options)
  const { id, name = defaultName, cluster = '', secret, storage, durable = false, clock = systemClock } = options
  const { maxFrameBytes = 1 << 20, maxKeyBytes = 1024, maxValueBytes = 1 << 18, maxStreams = 1024 } = options
  if (id !== undefined) checkName('id', id, maxIdBytes)
  checkName('name', name, maxNameBytes)
  checkCluster(cluster)
  checkBoolean('durable', durable)
  checkClock(clock)
  if (storage !== undefined && typeof storage?.sublevel !== 'function') throw wrongType('storage must be an abstract-level database')
  const rest = {
    id,
    name,
    cluster,
    secret: secretBytes(secret),
    storage,
    durable,
    maxKeyBytes: checkCount('maxKeyBytes', maxKeyBytes, 1, 1 << 20),
    maxValueBytes: checkCount('maxValueBytes', maxValueBytes, 1, 1 << 29),
    maxStreams: checkCount('maxStreams', maxStreams, 1, 1 << 20),
    clock
  }
  return { ...rest, ...frameLimits(maxFrameBytes, largestEntry(rest.maxKeyBytes, rest.maxValueBytes)) }
}

function frameLimits (maxFrameBytes: unknown, largestEntry: number): Pick<Settings, 'frames' | 'maxContext' | 'contextRoom'> {
  const maxBytes = checkCount('maxFrameBytes', maxFrameBytes, 1024, 1 << 30)
  const room = maxBytes - largestEntry - envelopeBytes
  if (room < 0) throw outOfRange('maxFrameBytes must have room for the largest key and value, and 1 KiB beside')
  const contextRoom = Math.floor((contextBytes + room / 2) / contextSourceBytes)
  const batch = Math.min(batchBytes, Math.max(1, Math.floor(room / 2 / bytesACharacter)))
  const maxLineBytes = Math.max(maxBytes, jsonGrowth * (largestEntry + batch * bytesACharacter + envelopeBytes))
  return { frames: { batchBytes: batch, maxBytes, maxLineBytes }, maxContext: Math.min(longestContext, contextRoom), contextRoom }
}

/** @throws TypeError with code INVALID_ARGUMENT */
export function checkStreamOptions (options: StreamOptions): Required<Omit<StreamOptions, 'signal'>> & { signal: AbortSignal | undefined } {
  checkObject('options', options)
  const { codec = 'msgpack', readable = true, writable = true, tail = true } = options
  if (!isCodecName(codec)) throw wrongType("codec must be 'msgpack' or 'ndjson'")
  checkBoolean('readable', readable)
  checkBoolean('writable', writable)
  checkBoolean('tail', tail)
  return { codec, readable, writable, tail, signal: checkSignal(options) }
}

/** The signal among some options. @throws TypeError with code INVALID_ARGUMENT */
export function checkSignal (options: unknown): AbortSignal | undefined {
  checkObject('options', options)
  const { signal } = options as { signal?: unknown }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrongType('signal must be an AbortSignal')
  return signal
}

export function checkObject (what: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null) throw wrongType(`${what} must be an object`)
}

/** A whole number within bounds. @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkCount (what: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number') throw wrongType(`${what} must be a number`)
  if (!Number.isInteger(value) || value < least || value > most) throw outOfRange(`${what} must be a whole number from ${least} to ${most}`)
  return value
}

/** A century. */
const maxTtlMs = 100 * 365 * 86_400_000

/** A time to live in milliseconds, rounded up. @throws TypeError | RangeError with code INVALID_ARGUMENT */
export function checkTtl (ttl: unknown): number | undefined {
  if (ttl === undefined) return undefined
  return checkCount('ttl', typeof ttl === 'number' ? Math.ceil(ttl) : ttl, 1, maxTtlMs)
}

export function checkBoolean (what: string, value: unknown): void {
  if (typeof value !== 'boolean') throw wrongType(`${what} must be true or false`)
}

function checkClock (clock: Clock): void {
  checkObject('clock', clock)
  for (const name of ['monotonic', 'wall', 'random', 'setTimeout', 'clearTimeout'] as const) {
    if (typeof clock[name] !== 'function') throw wrongType(`clock.${name} must be a function`)
  }
}

function checkCluster (cluster: unknown): void {
  if (typeof cluster !== 'string') throw wrongType('cluster must be a string')
  if (!cluster.isWellFormed()) throw wrongType('cluster must be well-formed Unicode')
  if (utf8Length(cluster) > maxClusterBytes) throw outOfRange(`cluster must be at most ${maxClusterBytes} bytes in UTF-8`)
}

function secretBytes (secret: unknown): Uint8Array | undefined {
  if (secret === undefined) return undefined
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) throw wrongType('secret must be a string or a Uint8Array')
  if (secret.length === 0) throw outOfRange('secret must not be empty')
  return typeof secret === 'string' ? Buffer.from(secret) : Uint8Array.from(secret)
}
