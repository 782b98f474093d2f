import { isName, maxIdBytes } from '../ground/ids.js'
import { isEpoch } from '../gossip/epoch.js'
import type { Value } from '../ground/values.js'
import { bad } from './messages.js'

/**
 * What a member may say of itself, each under a key of its own: `5:alicef` and the name is the fact `name` of `alice`.
 *
 * | kind | name | value |
 * |---|---|---|
 * | `m` introduction | | its address, or null |
 * | `f` fact | the fact's key | any |
 * | `h` claim | another member's id | {@link Claim}: I hear it; null: not any more |
 * | `x` verdict | another member's id | [epoch, for good]: that life has failed, or the member is put out for good |
 * | `l` leave | | true |
 */
export type SlotKind = 'm' | 'f' | 'h' | 'x' | 'l'

export interface Slot {
  readonly id: string
  readonly kind: SlotKind
  readonly name: string
}

/**
 * Which lives of a member are heard: mostly one, as its epoch. Where two holders of one id are alive, pairs `[epoch, rival,
 * epoch, rival ...]`: this life has answered a ping since the rival was known of; an empty rival: it was not asked. An epoch
 * alone in a list: it is heard, and what it has to tell has not all been taken in yet; what it said of others does not count.
 */
export type Claim = string | readonly string[]

/** How much longer a slot's key may be than the name in it. */
export const slotOverhead = maxIdBytes + 8

export function slotKey (id: string, kind: SlotKind, name = ''): string {
  return `${id.length}:${id}${kind}${name}`
}

/** The same slot of another member: what was written before this node knew its id is that one's. */
export function slotKeyOf (key: string, id: string): string {
  const slot = readSlot(key)
  return slot === undefined ? key : slotKey(id, slot.kind, slot.name)
}

/** Reads a key; undefined where it is none of a slot's. */
export function readSlot (key: string): Slot | undefined {
  const colon = key.indexOf(':')
  const end = colon + 1 + Number(key.slice(0, colon))
  if (!/^[1-9][0-9]?$/.test(key.slice(0, Math.max(0, colon))) || end >= key.length) return undefined
  const kind = key.charAt(end)
  const name = key.slice(end + 1)
  const isNamed = kind === 'f' || kind === 'h' || kind === 'x'
  if ((isNamed ? name === '' : name !== '') || !'mfhxl'.includes(kind)) return undefined
  return { id: key.slice(colon + 1, end), kind: kind as SlotKind, name }
}

/** Checks what a peer says in a slot. @throws TendrilError BAD_FRAME */
export function checkSlot ({ kind, name }: Slot, value: Value): void {
  switch (kind) {
    case 'm': if (value !== null && !isName(value, maxAddressBytes)) throw bad('an address that is none'); break
    case 'h': if (!isName(name, maxIdBytes) || (value !== null && !isClaim(value))) throw bad('a claim that is none'); break
    case 'x': if (!isName(name, maxIdBytes) || !isVerdict(value)) throw bad('a verdict that is none'); break
    case 'l': if (value !== true) throw bad('a leave that is none'); break
    case 'f':
  }
}

export const maxAddressBytes = 1024

export function isClaim (value: Value): value is Claim {
  if (isEpoch(value)) return true
  return Array.isArray(value) && value.length > 0 && value.length <= 8 && (value.length % 2 === 0 || value.length === 1) &&
    value.every((epoch, i) => isEpoch(epoch) || (i % 2 === 1 && epoch === ''))
}

export function isVerdict (value: Value): value is readonly [epoch: string, forGood: boolean] {
  return Array.isArray(value) && value.length === 2 && isEpoch(value[0]) && typeof value[1] === 'boolean'
}

/** Whether what the one that is heard says of others does not count yet. */
export function isGlimpse (claim: Claim): boolean { return typeof claim !== 'string' && claim.length === 1 }

/** The life that a claim is about: the latest, where there are several. */
export function lifeOf (claim: Claim): string {
  return typeof claim === 'string' ? claim : claim.reduce((latest, epoch, i) => i % 2 === 0 && epoch > latest ? epoch : latest, '')
}
