import { assert } from '../ground/assert.js'
import { covers } from './entry.js'
import type { Entry } from './entry.js'
import type { Replica } from './replica.js'
import { visible } from './siblings.js'

/** Asserts what `replica.ts` promises in prose. */
export function checkReplica (replica: Replica): void {
  checkEntries(replica)
  checkDigests(replica)
}

function checkEntries (replica: Replica): void {
  let last = 0
  const shown = new Set<string>()
  for (const entry of replica.entries) {
    assert(entry.sequence > last, 'the log runs in the order of its sequences')
    last = entry.sequence
    const siblings = replica.siblings(entry.key)
    assert(siblings.includes(entry), 'every entry of the log is held under its key')
    assert(!siblings.some(other => other !== entry && covers(other, entry.source, entry.version)), 'no entry held is covered by another')
    assert(replica.deletes.has(entry) === (entry.value === undefined), 'the delete records are the entries without a value')
    if (isShown(siblings)) shown.add(entry.key)
  }
  assert(last <= replica.sequence.last, 'no entry is ahead of the sequence')
  assert(shown.size === replica.size, 'the size counts the keys with a visible value')
}

function isShown (siblings: readonly Entry[]): boolean { return visible(siblings) !== undefined }

function checkDigests (replica: Replica): void {
  let last = 0
  for (const source of replica.sources.log) {
    assert(source.sequence > last, 'digests run in the order of their sequences')
    last = source.sequence
    assert(source.version > 0, 'a source without a digest is not in the log')
  }
  for (const source of replica.sources) {
    assert(source.floor <= source.version, 'only what is covered was ever forgotten')
    assert(source.entries >= 0, 'entries are counted right')
  }
  for (const entry of replica.entries) {
    if (entry.source === replica.own) assert(entry.version <= replica.own.version, 'own changes are numbered once')
  }
}
