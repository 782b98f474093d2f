import type { Change, StoredRecord } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import { readCell, writeCell } from './cells.js'
import { LaneCells } from './lane-cells.js'
import type { Held } from './lane-cells.js'
import { laneCount } from './lanes.js'
import { isCount, isStamp, isTerm } from './terms.js'

/**
 * How a member stands in storage, encode and decode side by side: `c` a cell, `l` a lane, `m` the one record about itself.
 */
export function cellChange ({ element, stamp, cell, number, committed, shown }: Held): Change {
  return { key: `c${element}`, value: [element, stamp, number, committed, shown, writeCell(cell)] }
}

export function cellGone (element: string): Change { return { key: `c${element}`, value: undefined } }

export function laneChange ({ lane, promised, closed, commit, floor }: LaneCells): Change {
  return { key: `l${lane}`, value: [lane, promised, closed, commit, floor] }
}

/** What a member knows of itself: who it is, which store this is, and how often it has begun. */
export interface Self {
  readonly id: string
  readonly epoch: string
  readonly incarnation: number
}

const layout = 2

export function selfChange ({ id, epoch, incarnation }: Self): Change {
  return { key: 'm', value: [layout, id, epoch, incarnation] }
}

/** @throws TendrilError STORAGE_FAILED */
export function readStored (records: readonly StoredRecord[]): { self: Self | undefined, lanes: LaneCells[], cells: Held[] } {
  try {
    const self = records.find(({ key }) => key === 'm')
    return {
      self: self === undefined ? undefined : readSelf(self.value),
      lanes: records.filter(({ key }) => key.startsWith('l')).map(({ value }) => readLane(value)),
      cells: records.filter(({ key }) => key.startsWith('c')).map(({ value }) => readHeld(value)).sort((a, b) => a.number - b.number)
    }
  } catch (cause) {
    throw cause instanceof TendrilError && cause.code === 'STORAGE_FAILED' ? cause : corrupt('a cell', cause)
  }
}

function readSelf ([version, id, epoch, incarnation]: readonly unknown[]): Self {
  if (version !== layout || typeof id !== 'string' || typeof epoch !== 'string' || !isCount(incarnation)) throw corrupt('the member')
  return { id, epoch, incarnation }
}

function readLane ([lane, promised, closed, commit, floor]: readonly unknown[]): LaneCells {
  if (!isCount(lane) || lane >= laneCount || !(promised === '' || isTerm(promised)) || !isCount(closed) || !isCount(commit) ||
    !(floor === '' || isStamp(floor))) throw corrupt('a lane')
  return Object.assign(new LaneCells(lane), { promised, closed, commit, floor })
}

function readHeld ([element, stamp, number, committed, shown, cell]: readonly unknown[]): Held {
  if (typeof element !== 'string' || !isStamp(stamp) || !isCount(number) || typeof committed !== 'boolean' ||
    !(shown === '' || isStamp(shown))) throw corrupt('a cell')
  return { element, stamp, number, committed, shown, cell: readCell(cell) }
}

function corrupt (what: string, cause?: unknown): TendrilError {
  return new TendrilError('STORAGE_FAILED', `storage holds a corrupt record of ${what}`, { cause })
}
