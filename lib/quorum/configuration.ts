import { isName, maxIdBytes } from '../ground/ids.js'
import { bad } from './cells.js'
import { joint, majority } from './systems.js'
import type { QuorumSystem } from './systems.js'
import { isCount } from './terms.js'

/** Who counts: an id and the store that speaks for it. The empty store: the first one that was met, as each member recalls it. */
export interface Member {
  readonly id: string
  readonly store: string
}

/**
 * The members that count, and how. Votes of one epoch count in that epoch alone, and what follows an epoch is decided by a quorum of it,
 * once. Where members change, a **joint** configuration stands between the old and the new one: a quorum of it is a quorum of both.
 */
export interface Configuration {
  /** Of which sealing it descends: two that were sealed apart never meet. */
  readonly origin: string
  readonly epoch: number
  readonly members: readonly Member[]
  /** Joint: the members that are to follow. */
  readonly next: readonly Member[] | undefined
  readonly tieBreaker: boolean
}

export const maxStoreBytes = 64
const mostMembers = 1024
/** So many epochs may a cluster have, and so many starts a store in one of them: then every incarnation is a number that a term has room for. */
export const mostEpochs = 2 ** 20
export const startsPerEpoch = 2 ** 20

/** What was agreed on before there was a configuration: ids that somebody listed, or a vote of all who are in it. */
export function sealed (members: readonly Member[], tieBreaker: boolean, round = 0): Configuration {
  const sorted = sortMembers(members)
  return { origin: originOf(JSON.stringify([sorted.map(({ id, store }) => [id, store]), tieBreaker, round])), epoch: 1, members: sorted, next: undefined, tieBreaker }
}

export function jointOf (before: Configuration, next: readonly Member[]): Configuration {
  return { ...before, epoch: before.epoch + 1, next: sortMembers(next) }
}

/** What follows a joint configuration: no other can. */
export function settledOf (configuration: Configuration): Configuration {
  return { ...configuration, epoch: configuration.epoch + 1, members: configuration.next ?? configuration.members, next: undefined }
}

/**
 * Where an id changes its store, the new store counts among the new members alone: among the old ones nobody speaks for the id, as the new store
 * remembers nothing of what the old one promised.
 */
export function systemOf ({ members, next, tieBreaker }: Configuration): QuorumSystem {
  const before = majority(members.map(({ id }) => id), tieBreaker)
  if (next === undefined) return before
  const replaced = new Set(members.filter(({ id, store }) => next.some(member => member.id === id && member.store !== store)).map(({ id }) => id))
  const silent = { ...before, isQuorum: (ids: ReadonlySet<string>) => before.isQuorum(new Set([...ids].filter(id => !replaced.has(id)))) }
  return joint(replaced.size === 0 ? before : silent, majority(next.map(({ id }) => id), tieBreaker))
}

/** The store that speaks for an id; undefined: it is no member. */
export function storeOf ({ members, next }: Configuration, id: string): string | undefined {
  return (next?.find(member => member.id === id) ?? members.find(member => member.id === id))?.store
}

/** The ids of those who count once the change that is under way is done. */
export function idsOf ({ members, next }: Configuration): string[] { return (next ?? members).map(({ id }) => id) }

export function isSame (one: readonly Member[], other: readonly Member[]): boolean {
  return JSON.stringify(writeMembers(one)) === JSON.stringify(writeMembers(other))
}

export function sortMembers (members: readonly Member[]): Member[] { return [...members].sort((a, b) => a.id < b.id ? -1 : 1) }

// As it travels and is stored

export function writeMembers (members: readonly Member[]): unknown[] { return members.flatMap(({ id, store }) => [id, store]) }

/** @throws TendrilError BAD_FRAME */
export function readMembers (value: unknown): Member[] {
  if (!Array.isArray(value) || value.length % 2 !== 0 || value.length > 2 * mostMembers) throw bad('members that are none')
  const members: Member[] = []
  for (let i = 0; i < value.length; i += 2) {
    const [id, store] = value.slice(i, i + 2) as unknown[]
    if (!isName(id, maxIdBytes) || id <= (members.at(-1)?.id ?? '') || !(store === '' || isName(store, maxStoreBytes))) throw bad('a member that is none')
    members.push({ id, store })
  }
  return members
}

export function writeConfiguration ({ origin, epoch, members, next, tieBreaker }: Configuration): unknown[] {
  return [origin, epoch, writeMembers(members), next === undefined ? false : writeMembers(next), tieBreaker]
}

/** @throws TendrilError BAD_FRAME */
export function readConfiguration (value: unknown): Configuration {
  if (!Array.isArray(value)) throw bad('a configuration that is none')
  const [origin, epoch, members, next, tieBreaker] = value as unknown[]
  if (!isName(origin, maxStoreBytes) || !isCount(epoch) || epoch === 0 || epoch >= mostEpochs || typeof tieBreaker !== 'boolean') throw bad('a configuration that is none')
  const read = { origin, epoch, members: readMembers(members), next: next === false ? undefined : readMembers(next), tieBreaker }
  if (read.members.length === 0 || read.next?.length === 0) throw bad('a configuration of nobody')
  return read
}

/** Two 32-bit FNV-1a hashes over UTF-16 units: the same on every machine. Nobody is kept out by it who wants to get in. */
function originOf (text: string): string {
  return [0x811c9dc5, 0x050c5d1f].map(seed => {
    let mixed = seed
    for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193)
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
    return ((mixed ^ (mixed >>> 15)) >>> 0).toString(36).padStart(7, '0')
  }).join('')
}
