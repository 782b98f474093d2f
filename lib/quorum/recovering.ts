import type { Change, StoredRecord } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import { randomId } from '../ground/ids.js'
import { Acceptor } from './acceptor.js'
import { sealed, storeOf } from './configuration.js'
import type { Configuration } from './configuration.js'
import { configurationChanges, readStanding } from './configuration-records.js'
import { Keeping } from './keeping.js'
import { laneCount } from './lanes.js'
import type { Self } from './records.js'
import { restoreElements } from './restoring.js'
import { roundOf, termOf } from './terms.js'
import { View } from './view.js'

/** Owners that are lost may have taken later terms than this store heard of, but not by so many. */
const leap = 2 ** 20

export interface Recovery {
  readonly self: Self
  readonly before: Configuration
  readonly after: Configuration
  /** How many elements the store knows to be there. */
  readonly elements: number
  readonly changes: readonly Change[]
}

/**
 * What makes one store the whole of a new cluster, with all that it holds. The cluster has an origin of its own, so that no store of the old
 * one can ever have a say in it; terms begin above all that were, so that fences go on growing.
 * @throws TendrilError NOT_MEMBER where it is the store of no member, STORAGE_FAILED where it is corrupt
 */
export function recovery (records: readonly StoredRecord[], random: () => number): Recovery {
  const keeping = new Keeping(true)
  keeping.restore(records)
  const [acceptor, view] = [new Acceptor(), new View()]
  const self = restoreElements(undefined, records, acceptor, view)
  const { configuration: before, bindings } = readStanding(records)
  if (self === undefined || before === undefined) throw new TendrilError('NOT_MEMBER', 'this storage was never that of a member')
  const listed = storeOf(before, self.id)
  if (listed !== '' && listed !== self.epoch) throw new TendrilError('NOT_MEMBER', `'${self.id}' was put out with this storage: what it holds is out of date`)
  const after = { ...sealed([{ id: self.id, store: self.epoch }], before.tieBreaker), origin: randomId(random), epoch: before.epoch + 1 }
  keeping.keep([
    ...configurationChanges(after),
    ...bindings.filter(({ id }) => id !== self.id).map(({ id }) => ({ key: `b${id}`, value: undefined }))
  ])
  for (let lane = 0; lane < laneCount; lane++) {
    const term = termOf(roundOf(acceptor.lane(lane).promised) + leap, self.id, self.incarnation)
    keeping.keep(acceptor.prepare(lane, term, 0).changes)
  }
  return { self, before, after, elements: view.elements.size, changes: keeping.take() }
}
