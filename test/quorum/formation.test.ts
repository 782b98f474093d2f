import test from 'tape'
import { formationChange, readStanding } from '../../lib/quorum/configuration-records.js'
import { Formation } from '../../lib/quorum/formation.js'

test('however long a cluster took to form, what a node voted for and against is read again', t => {
  const formation = new Formation('a', 'store', true)
  const lists = Array.from({ length: 200 }, (_, round) => ({ members: [{ id: 'a', store: 'store' }], tieBreaker: true, round }))
  formation.past = lists.slice(0, 100)
  formation.vetoes = lists.slice(100)
  const { key, value } = formationChange(formation)
  const stored = readStanding([{ key, value: value ?? [] }]).formation
  t.deepEqual(stored, { vote: undefined, past: lists.slice(0, 100), vetoes: lists.slice(100) })
  t.end()
})
