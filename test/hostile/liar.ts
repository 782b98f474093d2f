import type { Membership } from '../../lib/index.js'
import { drawEpoch } from '../../lib/gossip/epoch.js'
import { turns } from '../support/waiting.js'
import type { Village } from '../support/village.js'
import { encode, listenTo } from './recording.js'

const token = 'attacker-attacker-attack'

interface Hello { readonly channels: ReadonlyArray<{ readonly epoch: string }> }

/** The life that a member lives now, as its hello says it. */
export async function lifeOf (member: Membership): Promise<string> {
  const stream = member.createStream({ codec: 'msgpack' })
  const said = listenTo(stream)
  await turns(3)
  stream.destroy()
  const [hello = ''] = said().toString().split('\n')
  return (JSON.parse(hello) as Hello).channels[0]?.epoch ?? ''
}

/** A peer who knows the protocol, and says what it likes. */
export interface Liar {
  readonly id: string
  readonly epoch: string
  /** The name of its source. */
  readonly source: string
  readonly say: (...frames: ReadonlyArray<readonly unknown[]>) => Promise<void>
  /** Ends its stream. */
  readonly part: () => Promise<void>
  readonly isThere: () => boolean
}

export async function liar (village: Village, target: Membership, id = 'liar', epoch = drawEpoch(Math.random, village.clock.wall() - 1_000)): Promise<Liar> {
  const stream = target.createStream({ codec: 'msgpack' })
  listenTo(stream)
  stream.on('error', () => {})
  const channels = [{ name: 'members', kind: 'members', epoch }]
  stream.write(`${JSON.stringify({ tendril: 1, id, codec: 'msgpack', instance: token, nonce: token, channels })}\n`)
  await turns(3)
  return {
    id,
    epoch,
    source: `${id}@${epoch}`,
    say: async (...frames) => {
      stream.write(Buffer.concat(frames.map(frame => encode('msgpack', frame))))
      await turns(3)
    },
    part: async () => {
      stream.destroy()
      await turns(3)
    },
    isThere: () => !stream.destroyed
  }
}

/** A DELTA of what a source says in slots of its own, numbered from `version` on. */
export function delta (source: string, version: number, ...slots: ReadonlyArray<readonly [key: string, value: unknown]>): unknown[] {
  return [1, 5, version + slots.length - 1, [source], 0, slots.map(([key, value], i) => [key, 0, version + i, 0, value])]
}

/** A MARK of digests. */
export function mark (...versions: readonly unknown[]): unknown[] { return [1, 6, 1, 1, true, versions] }
