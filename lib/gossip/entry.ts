import type { Value } from '../ground/values.js'
import type { Logged } from './log.js'
import type { Source } from './source.js'
import type { Stamp } from './stamp.js'

/** Per source, the highest dot on a key that the writer of an entry had seen. */
export type Context = Map<Source, number>

/** What most entries lack, kept apart so that a plain entry stays small. */
export interface Rarely {
  context: Context | undefined
  /** When it expires, in milliseconds of the monotonic clock; undefined: never. */
  expiresAt: number | undefined
  /** It stands here as a delete because its time was up. */
  expired: boolean
}

/** One change to one key: a value, or a delete where the value is undefined. */
export class Entry implements Logged {
  readonly key: string
  readonly source: Source
  readonly version: number
  readonly stamp: Stamp
  value: Value | undefined
  rarely: Rarely | undefined

  sequence = 0
  before: this | undefined = undefined
  after: this | undefined = undefined

  constructor (key: string, source: Source, version: number, stamp: Stamp, value: Value | undefined, rarely: Rarely | undefined) {
    this.key = key
    this.source = source
    this.version = version
    this.stamp = stamp
    this.value = value
    this.rarely = rarely
  }
}

/** Whether the writer of `entry` had seen this change of the same key, or made it. */
export function covers (entry: Entry, source: Source, version: number): boolean {
  if (entry.source === source) return version <= entry.version
  const context = entry.rarely?.context
  return context !== undefined && version <= (context.get(source) ?? 0)
}

/** Whether `a` is shown rather than `b`: the greater stamp, and of equal ones the greater source. */
export function outranks (a: Entry, b: Entry): boolean {
  if (a.stamp !== b.stamp) return a.stamp > b.stamp
  return a.source.name > b.source.name
}

/**
 * Takes over what the writers of `others` had seen into the context of `entry`, whose writer had seen `others`. Causality
 * is transitive, so this only ever makes the record of it more complete.
 */
export function learn (entry: Entry, others: readonly Entry[]): void {
  const context: Context = new Map(entry.rarely?.context)
  let grew = false
  for (const { source, version, rarely } of others) {
    grew = note(entry, context, source, version) || grew
    for (const [seen, dot] of rarely?.context ?? []) grew = note(entry, context, seen, dot) || grew
  }
  if (grew) remember(entry).context = context
}

/** Takes over of another context what `isNews`. @returns whether the entry's own one grew: then it is a new map */
export function see (entry: Entry, other: Context, isNews: (source: Source, version: number) => boolean): boolean {
  const context: Context = new Map(entry.rarely?.context)
  let grew = false
  for (const [source, version] of other) grew = (isNews(source, version) && note(entry, context, source, version)) || grew
  if (grew) remember(entry).context = context
  return grew
}

function note ({ source: own }: Entry, context: Context, source: Source, version: number): boolean {
  if (source === own || (context.get(source) ?? 0) >= version) return false
  context.set(source, version)
  return true
}

/** The rare part of an entry, made when it is first needed. */
export function remember (entry: Entry): Rarely {
  entry.rarely ??= { context: undefined, expiresAt: undefined, expired: false }
  return entry.rarely
}
