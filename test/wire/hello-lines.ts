import { TendrilError } from '../../lib/ground/errors.js'
import { Handshake } from '../../lib/wire/handshake.js'
import type { Met } from '../../lib/wire/handshake.js'
import type { Hello } from '../../lib/wire/hello.js'

export const secret = Buffer.from('correct horse battery staple')

export function helloOf (id: string, more: Partial<Hello> = {}): Hello {
  return {
    id,
    cluster: '',
    codec: 'msgpack',
    instance: `instance-of-${id}-0000000`,
    nonce: `nonce-of-${id}-000000000`,
    channels: [{ name: 'model', kind: 'model', epoch: `epoch-${id}` }],
    sends: true,
    receives: true,
    auth: false,
    binding: false,
    ...more
  }
}

export function noExporter (): undefined {}

export interface End {
  met?: Met
  code?: string
}

export function start (hello: Hello, key?: Uint8Array, exporter: () => Uint8Array | undefined = noExporter): Handshake {
  return new Handshake(key === undefined ? hello : { ...hello, auth: true }, key, exporter)
}

/** Gives a handshake bytes, in pieces; what came of it, and what it still wants sent. */
export function give (end: Handshake, bytes: Uint8Array): End {
  try {
    const met = end.push(bytes)
    return met === undefined ? {} : { met }
  } catch (error) {
    if (error instanceof TendrilError) return { code: error.code }
    throw error
  }
}

/** Everything that an end wants sent now. */
export function sent (end: Handshake): Buffer {
  const lines: Buffer[] = []
  for (let next = end.outgoing(); next !== undefined; next = end.outgoing()) lines.push(next)
  return Buffer.concat(lines)
}

/** Runs two ends until neither has more to say. */
export function meet (a: Handshake, b: Handshake): [End, End] {
  let [atA, atB]: [End, End] = [{}, {}]
  for (let [toB, toA] = [sent(a), sent(b)]; toA.length + toB.length > 0; [toB, toA] = [sent(a), sent(b)]) {
    if (toB.length > 0 && atB.code === undefined) atB = give(b, toB)
    if (toA.length > 0 && atA.code === undefined) atA = give(a, toA)
  }
  return [atA, atB]
}
