import { outOfRange, wrongType } from './ground/errors.js'
import { checkObject } from './stream/options.js'
import type { FrameLimits, StreamOptions } from './stream/options.js'
import { Streams } from './stream/streams.js'
import type { ReplicationStream } from './stream/streams.js'

/** Anything with a `createStream()` of its own that can share a connection. */
export interface Structure {
  readonly id: string
  createStream: (options?: StreamOptions) => ReplicationStream
}

/** The streams of each structure: a bundle needs the ends of their channels, nobody else does. */
const registered = new WeakMap<object, Streams>()

export function registerStreams (structure: Structure, streams: Streams): void {
  registered.set(structure, streams)
}

export interface Bundle {
  /** One connection for all structures of the bundle. Once one of them is closed, it is destroyed already, with code CLOSED. */
  createStream: (options?: StreamOptions) => ReplicationStream
}

/**
 * Puts structures of one node on one connection. Channels pair by the structures' `name`; one that the other end lacks
 * stays idle. A frame may be as long as any of the structures takes; keys, values and streams are limited by each for
 * itself.
 * @throws TypeError | RangeError with code INVALID_ARGUMENT: no structures, two of one name, of different ids, or too many
 * for a hello
 */
export function bundle (structures: Readonly<Record<string, Structure>>): Bundle {
  checkObject('structures', structures)
  const parts = Object.values(structures).map(structure => {
    const streams = registered.get(structure)
    if (streams === undefined) throw wrongType('a bundle holds structures: a Model and its like')
    return { structure, streams }
  })
  const [first] = parts
  if (first === undefined) throw outOfRange('a bundle holds at least one structure')
  if (parts.some(({ structure }) => structure.id !== first.structure.id)) throw outOfRange('structures of one bundle share one id')
  // Never weaker than one of them asked for: on a connection of its own, each would want the same proved.
  const { cluster, secret } = first.streams.settings
  for (const { streams: { settings } } of parts) {
    if (settings.cluster !== cluster || !isSame(settings.secret, secret)) throw outOfRange('structures of one bundle share one cluster and one secret')
  }
  const endpoints = parts.flatMap(({ streams }) => streams.endpoints)
  if (new Set(endpoints.map(({ name }) => name)).size !== endpoints.length) throw outOfRange('structures of one bundle have different names')
  const frames = shared(parts.map(({ streams: { settings } }) => settings.frames))
  const streams = new Streams(endpoints, { ...first.streams.settings, frames })
  streams.checkHello()
  const sharers = parts.map(part => part.streams)
  return { createStream: options => streams.create(options, sharers) }
}

/** The longest frames that any of them takes; batches that fit whichever of them is alone at the other end. */
function shared (limits: readonly FrameLimits[]): FrameLimits {
  return {
    batchBytes: Math.min(...limits.map(({ batchBytes }) => batchBytes)),
    maxBytes: Math.max(...limits.map(({ maxBytes }) => maxBytes)),
    maxLineBytes: Math.max(...limits.map(({ maxLineBytes }) => maxLineBytes))
  }
}

function isSame (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}
