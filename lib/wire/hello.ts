import { isUtf8 } from 'node:buffer'
import { TendrilError, outOfRange } from '../ground/errors.js'
import { isName, maxIdBytes, utf8Length } from '../ground/ids.js'
import { badFrame } from './bad-frame.js'
import { isCodecName } from './codec.js'
import type { CodecName } from './codec.js'
import { isFields } from './fields.js'
import type { Fields } from './fields.js'

/** The version of the wire protocol that this build speaks. */
export const wireVersion = 1

/** A hello's longest line, without its newline. */
export const maxHelloBytes = 65_536

const maxChannels = 256
const maxChannelNameBytes = 1024
const maxLabelBytes = 64

/** What each end says of itself first, in one line of JSON that can be read with `nc`. */
export interface Hello {
  /** The node. */
  readonly id: string
  /** Both ends must name the same; '' by default. */
  readonly cluster: string
  /** The codec of the frames that this end will write. */
  readonly codec: CodecName
  /** Drawn when the node's process or structure began: tells a node from its own reflection, and from a namesake. */
  readonly instance: string
  /** Drawn for this connection alone. */
  readonly nonce: string
  readonly channels: readonly HelloChannel[]
  /** Whether this end will send updates. */
  readonly sends: boolean
  /** Whether this end takes updates. */
  readonly receives: boolean
  /** Whether this end has a secret, proves it, and wants it proved. */
  readonly auth: boolean
  /** Whether this end can bind its proof to the TLS connection. */
  readonly binding: boolean
}

/** A structure that this end offers to replicate; both ends' channels pair by name. */
export interface HelloChannel {
  readonly name: string
  readonly kind: string
  /** Drawn when the structure's state was born: another epoch, another history. */
  readonly epoch: string
}

/**
 * The line of a hello, without its newline. What is as it mostly is goes unsaid: a reconnect then costs little more than
 * what it must say.
 * @throws RangeError with code INVALID_ARGUMENT if it is longer than a peer would accept
 */
export function encodeHello (hello: Hello): Buffer {
  const { id, cluster, codec, instance, nonce, channels, sends, receives, auth, binding } = hello
  const line = Buffer.from(JSON.stringify({
    tendril: wireVersion,
    id,
    cluster: cluster === '' ? undefined : cluster,
    codec,
    instance,
    nonce,
    channels: channels.map(({ name, kind, epoch }) => ({ name, kind, epoch })),
    sends: sends ? undefined : false,
    receives: receives ? undefined : false,
    auth: auth || undefined,
    binding: binding || undefined
  }))
  if (channels.length > maxChannels) throw outOfRange(`more than ${maxChannels} structures on one stream`)
  if (line.length > maxHelloBytes) throw outOfRange(`the structures' names make a hello of more than ${maxHelloBytes} bytes`)
  return line
}

/**
 * Reads a peer's hello. Fields that this version does not know are ignored.
 * @throws TendrilError with code VERSION_UNSUPPORTED or BAD_FRAME
 */
export function decodeHello (line: Buffer): Hello {
  const fields = parseObject(line)
  const { tendril } = fields
  if (typeof tendril !== 'number') throw badFrame('a hello that is not of tendril')
  if (tendril !== wireVersion) {
    throw new TendrilError('VERSION_UNSUPPORTED', `The peer speaks version ${tendril} of the wire protocol, not ${wireVersion}`)
  }
  const { id, codec } = fields
  if (!isName(id, maxIdBytes)) throw badFrame('a hello with a bad id')
  if (!isCodecName(codec)) throw badFrame('a hello with an unknown codec')
  return {
    id,
    cluster: clusterOf(fields),
    codec,
    instance: token(fields, 'instance'),
    nonce: token(fields, 'nonce'),
    channels: channelsOf(fields),
    sends: flag(fields, 'sends', true),
    receives: flag(fields, 'receives', true),
    auth: flag(fields, 'auth', false),
    binding: flag(fields, 'binding', false)
  }
}

/**
 * The object that a line of JSON holds.
 * @throws TendrilError with code BAD_FRAME
 */
export function parseObject (line: Buffer): Fields {
  if (!isUtf8(line)) throw badFrame('a line that is not UTF-8')
  let value: unknown
  try {
    value = JSON.parse(line.toString())
  } catch (cause) {
    throw badFrame('a line that is not JSON', cause)
  }
  if (!isFields(value)) throw badFrame('a line that is not a JSON object')
  return value
}

function clusterOf ({ cluster = '' }: Fields): string {
  if (typeof cluster !== 'string' || !cluster.isWellFormed() || utf8Length(cluster) > maxLabelBytes) {
    throw badFrame('a hello with a bad cluster')
  }
  return cluster
}

/** Printable ASCII, so that every implementation orders nonces alike. */
const tokenPattern = /^[\x21-\x7e]{16,64}$/

function token (fields: Fields, name: 'instance' | 'nonce'): string {
  const value = fields[name]
  if (typeof value !== 'string' || !tokenPattern.test(value)) throw badFrame(`a hello with a bad ${name}`)
  return value
}

function flag (fields: Fields, name: 'sends' | 'receives' | 'auth' | 'binding', missing: boolean): boolean {
  const { [name]: value = missing } = fields
  if (typeof value !== 'boolean') throw badFrame(`a hello whose ${name} is neither true nor false`)
  return value
}

function channelsOf ({ channels }: Fields): HelloChannel[] {
  if (!Array.isArray(channels) || channels.length > maxChannels) throw badFrame('a hello with bad channels')
  const named = new Set<string>()
  return channels.map((channel: unknown) => {
    const checked = channelOf(channel)
    const pair = JSON.stringify([checked.name, checked.kind])
    if (named.has(pair)) throw badFrame('a hello that names a channel twice')
    named.add(pair)
    return checked
  })
}

function channelOf (channel: unknown): HelloChannel {
  if (!isFields(channel)) throw badFrame('a hello with a bad channel')
  const { name, kind, epoch } = channel
  if (!isName(name, maxChannelNameBytes) || !isName(kind, maxLabelBytes) || !isName(epoch, maxLabelBytes)) {
    throw badFrame('a hello with a bad channel')
  }
  return { name, kind, epoch }
}
