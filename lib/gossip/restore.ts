import type { Now } from '../ground/clock.js'
import type { StoredRecord } from '../core.js'
import type { Entry } from './entry.js'
import { drawEpoch } from './epoch.js'
import { readEntry, readResume, readRetired, readSelf, readSource, replicaKey } from './records.js'
import type { Resume, Self } from './records.js'
import { disown } from './rebirth.js'
import { Replica } from './replica.js'
import type { ReplicaOptions } from './replica.js'
import { visible } from './siblings.js'
import type { Source } from './source.js'

/** The replica that storage holds: undefined where it holds none. */
export function stored (records: readonly StoredRecord[], options: ReplicaOptions & { id: string | undefined }, now: Now): {
  replica: Replica | undefined
  resumes: Map<string, Resume>
} {
  const self = records.find(({ key }) => key === replicaKey)
  const resumes = new Map<string, Resume>()
  if (self === undefined) return { replica: undefined, resumes }
  const known = readSelf(self.value)
  const { births } = options
  const epoch = births?.draw(now, known.epoch) ?? drawEpoch(options.random, now.wall, known.epoch)
  const replica = new Replica(options, options.id ?? known.id, now.wall, epoch)
  const entries: Entry[] = []
  const sources: Source[] = []
  const retired = new Map<number, number>()
  for (const { key, value } of records) {
    if (key.startsWith('e')) entries.push(readEntry(value, name => replica.sources.get(name), now))
    else if (key.startsWith('s')) sources.push(readSource(value, name => replica.sources.get(name)))
    else if (key.startsWith('r')) retired.set(...readRetired(value))
    else if (key.startsWith('p')) {
      const { peerId, resume } = readResume(value)
      resumes.set(peerId, resume)
    }
  }
  replica.restore(bySequence(entries), bySequence(sources), known)
  replica.sources.retired.add(retired)
  if (known.id === replica.own.id) resumeEpoch(replica, known, births !== undefined, now)
  // What was stored while the clock was wrong: what peers told of that, they may tell again.
  if (births !== undefined && disown(replica, epoch => births.isPossible(epoch, now)) !== undefined) resumes.clear()
  if (births !== undefined) replica.drop(source => source.isOutlived)
  return { replica, resumes }
}

/**
 * The own epoch goes on only if all that was told to others of it is there; else the fresh one just drawn begins. Where each
 * start is a new life, that one inherits what this node had written.
 */
function resumeEpoch (replica: Replica, { id, epoch, whole }: Self, hasLives: boolean, now: Now): void {
  const before = replica.sources.get(`${id}@${epoch}`)
  if (hasLives) replica.inherit(before, now)
  else if (whole) replica.own = before
}

function bySequence<T extends { sequence: number }> (items: T[]): T[] {
  return items.sort((a, b) => a.sequence - b.sequence)
}

/**
 * Writes what was written before storage had been read on top of what it held, in the same order; under another key, where
 * that tells of the id under which it was written.
 */
export function rewrite (early: Replica, replica: Replica, now: Now, rename: ReplicaOptions['rename'] = key => key): void {
  for (const entry of early.entries) {
    const { value, rarely } = entry
    const key = rename(entry.key, replica.own.id)
    const ttlMs = rarely?.expiresAt === undefined ? undefined : Math.max(0, rarely.expiresAt - now.monotonic)
    const held = replica.siblings(key)
    const isNews = value === undefined ? visible(held) !== undefined : ttlMs !== undefined || replica.standing(held, value) === undefined
    if (isNews) replica.write(key, held, value, ttlMs, now)
  }
  replica.takeEvents()
}
