import { isName, maxIdBytes } from '../ground/ids.js'
import { bad } from './cells.js'
import { maxStoreBytes, readConfiguration, readMembers, writeConfiguration, writeMembers } from './configuration.js'
import type { Configuration, Member } from './configuration.js'
import type { FormingBody, List } from './formation.js'
import type { Accepted, SuccessionBody } from './succession.js'
import { isLaneSet } from './lane-set.js'
import { isCount, isTerm } from './terms.js'
import type { Term } from './terms.js'

/** What nodes say to each other of who counts; `docs/quorum.md` has the table. Taken in any epoch, but for the succession's. */
export type ConfigurationBody =
  | { readonly type: 'configuration', readonly configuration: Configuration, readonly stores: readonly Member[] }
  | FormingBody
  | { readonly type: 'invite' | 'welcome' }
  | { readonly type: 'greet', readonly boot: string }
  | { readonly type: 'greeted', readonly boot: string, readonly isRefused: boolean }
  | SuccessionBody
  | { readonly type: 'synced', readonly lanes: string }

export const configurationTypes = ['configuration', 'forming', 'invite', 'welcome', 'greet', 'greeted', 'next-prepare', 'next-promise', 'next-accept',
  'next-accepted', 'next-refuse', 'synced'] as const
export type ConfigurationType = typeof configurationTypes[number]

/** So many lists does a message name, of so many members each, and so many of them are told in all: it has to fit a frame. */
const mostLists = 64
const mostListed = 128
const mostTold = 768

export function isConfigurationBody<T extends { readonly type: string }> (body: T | ConfigurationBody): body is ConfigurationBody {
  return (configurationTypes as readonly string[]).includes(body.type)
}

export function writeConfigurationFields (body: ConfigurationBody): unknown[] {
  switch (body.type) {
    case 'configuration': return [writeConfiguration(body.configuration), writeMembers(body.stores)]
    case 'forming': return [body.size, body.tieBreaker, body.vote === undefined ? false : writeList(body.vote), writeLists(latestOf(body.vetoes))]
    case 'invite': case 'welcome': return []
    case 'greet': return [body.boot]
    case 'greeted': return [body.boot, body.isRefused]
    case 'next-prepare': case 'next-accepted': case 'next-refuse': return [body.ballot]
    case 'next-promise': return [body.ballot, writeAccepted(body.accepted)]
    case 'next-accept': return [body.ballot, writeConfiguration(body.configuration)]
    case 'synced': return [body.lanes]
  }
}

/** @throws TendrilError BAD_FRAME */
export function readConfigurationBody (type: ConfigurationType, [a, b, c, d]: readonly unknown[]): ConfigurationBody {
  switch (type) {
    case 'configuration': return { type, configuration: readConfiguration(a), stores: readMembers(b) }
    case 'forming': return { type, size: count(a), tieBreaker: flag(b), vote: c === false ? undefined : readList(c), vetoes: readLists(d) }
    case 'invite': case 'welcome': return { type }
    case 'greet': return { type, boot: name(a) }
    case 'greeted': return { type, boot: name(a), isRefused: flag(b) }
    case 'next-prepare': case 'next-accepted': case 'next-refuse': return { type, ballot: ballot(a) }
    case 'next-promise': return { type, ballot: ballot(a), accepted: readAccepted(b) }
    case 'next-accept': return { type, ballot: ballot(a), configuration: readConfiguration(b) }
    case 'synced': {
      if (!isLaneSet(a)) throw bad('a set of lanes that is none')
      return { type, lanes: a }
    }
  }
}

export function writeList ({ members, tieBreaker, round }: List): unknown[] { return [writeMembers(members), tieBreaker, round] }

export function readList (value: unknown): List {
  if (!Array.isArray(value)) throw bad('a list that is none')
  const [members, tieBreaker, round] = value as unknown[]
  if (Array.isArray(members) && members.length > 2 * mostListed) throw bad('a list of too many')
  return { members: readMembers(members), tieBreaker: flag(tieBreaker), round: count(round) }
}

function latestOf (lists: readonly List[]): readonly List[] {
  let room = mostTold
  const before = lists.findLastIndex(({ members }, i) => lists.length - i > mostLists || (room -= members.length) < 0)
  return lists.slice(before + 1)
}

export function writeLists (lists: readonly List[]): unknown[] { return lists.map(writeList) }

/** `most`: a message names the latest of them alone, storage all. */
export function readLists (value: unknown, most = mostLists): List[] {
  if (!Array.isArray(value) || value.length > most) throw bad('lists that are none')
  return value.map(readList)
}

export function writeAccepted (accepted: Accepted | undefined): unknown {
  return accepted === undefined ? false : [accepted.ballot, writeConfiguration(accepted.configuration)]
}

export function readAccepted (value: unknown): Accepted | undefined {
  if (value === false) return undefined
  if (!Array.isArray(value)) throw bad('a succession that is none')
  const [at, configuration] = value as unknown[]
  return { ballot: ballot(at), configuration: readConfiguration(configuration) }
}

function count (value: unknown): number {
  if (!isCount(value)) throw bad('a number out of bounds')
  return value
}

function flag (value: unknown): boolean {
  if (typeof value !== 'boolean') throw bad('neither true nor false')
  return value
}

function name (value: unknown): string {
  if (!isName(value, Math.max(maxStoreBytes, maxIdBytes))) throw bad('a name that is none')
  return value
}

function ballot (value: unknown): Term {
  if (!isTerm(value)) throw bad('a ballot that is none')
  return value
}
