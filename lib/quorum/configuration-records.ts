import type { Change, StoredRecord } from '../core.js'
import { TendrilError } from '../ground/errors.js'
import { readConfiguration, writeConfiguration } from './configuration.js'
import type { Configuration } from './configuration.js'
import { readAccepted, readList, readLists, writeAccepted, writeList, writeLists } from './configuration-messages.js'
import type { Formation, List } from './formation.js'
import type { Binding } from './identity.js'
import type { Accepted, Succession } from './succession.js'
import { isCount, isTerm } from './terms.js'
import type { Term } from './terms.js'

/**
 * Who counts, in storage, encode and decode side by side: `k` the configuration, `s` what follows it, `f` votes of before there was one, `p` the cluster that
 * this node waits for, `b` a member's store, `n` how many changes there ever were.
 */
export interface StoredStanding {
  readonly configuration: Configuration | undefined
  readonly succession: { readonly promised: Term, readonly accepted: Accepted | undefined } | undefined
  readonly formation: { readonly vote: List | undefined, readonly past: readonly List[], readonly vetoes: readonly List[] } | undefined
  readonly pledge: string
  readonly bindings: readonly Binding[]
  readonly changes: number
}

export function configurationChanges (configuration: Configuration): Change[] {
  return [{ key: 'k', value: writeConfiguration(configuration) }, ...['s', 'f', 'p'].map(key => ({ key, value: undefined }))]
}

export function successionChange ({ promised, accepted }: Succession): Change { return { key: 's', value: [promised, writeAccepted(accepted)] } }

export function formationChange ({ vote, past, vetoes }: Formation): Change {
  return { key: 'f', value: [vote === undefined ? false : writeList(vote), writeLists(past), writeLists(vetoes)] }
}

export function pledgeChange (origin: string): Change { return { key: 'p', value: [origin] } }

export function bindingChange ({ id, store, incarnation, boot, changes }: Binding): Change {
  return { key: `b${id}`, value: [id, store, incarnation, boot, changes] }
}

export function countChange (changes: number): Change { return { key: 'n', value: [changes] } }

/** @throws TendrilError STORAGE_FAILED */
export function readStanding (records: readonly StoredRecord[]): StoredStanding {
  const of = (key: string): readonly unknown[] | undefined => records.find(record => record.key === key)?.value
  const [configuration, succession, formation, pledge, count] = ['k', 's', 'f', 'p', 'n'].map(of)
  try {
    return {
      configuration: configuration && readConfiguration(configuration),
      succession: succession && readSuccession(succession),
      formation: formation && { vote: formation[0] === false ? undefined : readList(formation[0]), past: readLists(formation[1], Infinity), vetoes: readLists(formation[2], Infinity) },
      pledge: pledge === undefined ? '' : text(pledge[0]),
      bindings: records.filter(({ key }) => key.startsWith('b')).map(({ value }) => readBinding(value)),
      changes: count === undefined ? 0 : number(count[0])
    }
  } catch (cause) {
    throw new TendrilError('STORAGE_FAILED', 'storage holds a corrupt record of the configuration', { cause })
  }
}

function readSuccession ([promised, accepted]: readonly unknown[]): StoredStanding['succession'] {
  if (!isTerm(promised)) throw new TypeError('no ballot')
  return { promised, accepted: readAccepted(accepted) }
}

function readBinding ([id, store, incarnation, boot, changes]: readonly unknown[]): Binding {
  return { id: text(id), store: text(store), incarnation: number(incarnation), boot: text(boot), changes: number(changes) }
}

function text (value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text')
  return value
}

function number (value: unknown): number {
  if (!isCount(value)) throw new TypeError('no number')
  return value
}
