import type { Change, StoredRecord } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import type { Acceptor } from './acceptor.js'
import { cellChange, readStored } from './records.js'
import type { Self } from './records.js'
import type { View } from './view.js'

/** Takes up what a store holds of elements, and what was shown of them. `id` undefined: whosoever it is. @throws TendrilError STORAGE_FAILED */
export function restoreElements (id: string | undefined, records: readonly StoredRecord[], acceptor: Acceptor, view: View): Self | undefined {
  const { self, lanes, cells } = readStored(records)
  if (self !== undefined && id !== undefined && self.id !== id) throw new TendrilError('STORAGE_FAILED', `storage is that of '${self.id}', not of '${id}'`)
  acceptor.restore(lanes, cells)
  for (const { element, stamp, cell, committed, shown } of cells) {
    if (committed) view.show({ element, stamp, present: cell.present })
    else if (shown !== '') view.show({ element, stamp: shown, present: true })
  }
  return self
}

/** What is shown is known as committed: a node that is closed in order shows the same when it starts again. */
export function shownChanges (acceptor: Acceptor, view: View): Change[] {
  const shown = [...acceptor.lanes.values()].flatMap(({ pending }) => [...pending.values()]).filter(held => view.shows(held))
  return [...acceptor.commitChanges(), ...shown.map(held => cellChange({ ...held, committed: true }))]
}
