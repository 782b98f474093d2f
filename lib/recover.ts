import { outOfRange } from './ground/errors.js'
import { systemClock } from './ground/clock.js'
import { recovery } from './quorum/recovering.js'
import { idsOf } from './quorum/configuration.js'
import { resultOf } from './set-changes.js'
import type { ResultCallback } from './set-calls.js'
import type { StoredRecord } from './storage/records.js'
import { levelRecords } from './storage/level.js'
import type { Records } from './storage/records.js'
import { checkObject, checkStructureOptions } from './stream/options.js'
import type { StructureOptions } from './stream/options.js'

export interface RecoverOptions {
  /** The storage of the member that is to go on: an abstract-level database that no ConsistentSet is using. */
  storage: NonNullable<StructureOptions['storage']>
  /** As the set was called. Default: 'set'. */
  name?: string
  /** What the other members acknowledged and this storage has not seen is lost. Say that you know it. */
  acceptLoss: true
}

/** What came of it. */
export interface Recovered {
  /** The member that is the whole cluster from now on. */
  readonly id: string
  /** Who were members before; of these, the others must not come back with what they have stored. */
  readonly before: string[]
  /** How many elements are known to be there; some more may turn out to be, once the set is ready. */
  readonly elements: number
}

/**
 * The last resort, offline: where so many members are gone for good that there will never be a quorum again, makes the storage of one that is left a
 * cluster of its own. **What was acknowledged without it is lost**, an element that it holds may have been removed since, and a lock that it
 * shows as held may have been given to another. Nothing of this is needed as long as a quorum is left: `replace` the others then.
 *
 * Afterwards start that member, with the same `id` and this storage, and `grow` it by nodes with empty storage. Old members that come back are told CLUSTER_MISMATCH.
 *
 * @throws TypeError | RangeError with code INVALID_ARGUMENT. TendrilError: NOT_MEMBER where it is the storage of no member, STORAGE_FAILED
 */
export function recover (options: RecoverOptions): Promise<Recovered>
export function recover (options: RecoverOptions, callback: ResultCallback<Recovered>): void
export function recover (options: RecoverOptions, callback?: ResultCallback<Recovered>): Promise<Recovered> | void {
  checkObject('options', options)
  const { storage, name } = checkStructureOptions({ storage: options.storage, name: options.name ?? 'set' }, 'set')
  if (storage === undefined || (options.acceptLoss as unknown) !== true) throw outOfRange('recover needs storage, and acceptLoss: true')
  return resultOf(async () => {
    const records = levelRecords(storage, name)
    try {
      const { self, before, elements, changes } = recovery(await load(records), () => systemClock.random())
      await new Promise<void>((resolve, reject) => {
        records.write(() => changes, true, error => { if (error === undefined) resolve(); else reject(error) })
      })
      return { id: self.id, before: idsOf(before), elements }
    } finally {
      await new Promise<void>(resolve => { records.close(() => { resolve() }) })
    }
  }, callback)
}

async function load (records: Records): Promise<StoredRecord[]> {
  return await new Promise((resolve, reject) => {
    records.load((error, loaded) => { if (error === undefined) resolve(loaded); else reject(error) })
  })
}
