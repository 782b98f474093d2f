import { Acceptor } from '../../lib/quorum/acceptor.js'
import { LaneCells } from '../../lib/quorum/lane-cells.js'
import { Owner } from '../../lib/quorum/owner.js'
import { Reading } from '../../lib/quorum/reading.js'
import { Released } from '../../lib/quorum/released.js'
import { Waiting } from '../../lib/quorum/waiting.js'
import type { Exploration } from '../../lib/sim/quorum-explorer.js'
import { add, besides, exploration, get, remove } from './explorations.js'
import { plantNoPromiseCheck, plantTombstoneAsNothing, quorumMutants, replace } from './mutants.js'

/** A fault that the explorer finds, and in which exploration. */
export interface ExploredMutant {
  readonly fault: string
  readonly exploration: Exploration
  /** What it shows itself by. */
  readonly shows: RegExp
  readonly plant: () => () => void
}

function known (fault: string): () => () => void {
  const mutant = quorumMutants.find(mutant => mutant.fault === fault)
  if (mutant === undefined) throw new RangeError(`there is no mutant '${fault}'`)
  return mutant.plant
}

function plantReadOfMaximum (): () => void {
  return replace(Reading.prototype, 'agreed', () => function (this: Reading) { return this.hasQuorum ? { stamped: this.greatest() } : undefined })
}

function plantAnswerFromMemory (): () => void {
  return replace(Waiting.prototype, 'take', take => function (this: Waiting, committed) { return take.call(this, committed, Infinity) })
}

/** The promise is kept with the cells, as it is in CASPaxos, and goes with the last of them. */
function plantPurgeForgetsPromise (): () => void {
  return replace(LaneCells.prototype, 'purge', purge => function (this: LaneCells, sequence) {
    const purged = purge.call(this, sequence)
    if (purged !== undefined && this.cells.size === 0) Object.assign(this, { promised: '', closed: 0, commit: 0, floor: '' })
    return purged
  })
}

/** The table of a term forgets what was released, and takes what comes late for new. */
function plantStaleForward (): () => void {
  return replace(Owner.prototype, 'forward', forward => function (this: Owner, origin, element, operations) {
    forward.call(this, origin, element, [])
    const restore = replace(Released.prototype, 'covers', covers => function (this: Released, outcome) {
      return 'answer' in outcome && covers.call(this, outcome)
    })
    try {
      return forward.call(this, origin, element, operations)
    } finally {
      restore()
    }
  })
}

/** What an acceptor missed of a term is taken for closed. */
function plantGap (): () => void {
  return replace(Acceptor.prototype, 'accept', accept => function (this: Acceptor, body) { return accept.call(this, { ...body, after: 0 }) })
}

/** Who adds names no token, so all adds of an element are one, and each is told that it holds the element. */
function plantEqualAdds (): () => void {
  return replace(Owner.prototype, 'forward', forward => function (this: Owner, origin, element, operations) {
    const equal = operations.map(operation => operation.kind === 'add' ? { ...operation, token: 'anybody' } : operation)
    const answered = forward.call(this, origin, element, equal)
    const tokens = new Map(operations.map(({ n, token }) => [n, token]))
    const waiters = [...this.waiting.changes, ...this.waiting.refusals].filter(waiter => waiter.origin.id === origin.id)
    for (const answer of [...answered, ...waiters.flatMap(({ answers }) => answers)]) {
      if (answer.code === 'added') Object.assign(answer, { token: tokens.get(answer.n) })
    }
    return answered
  })
}

const wrong = /not linearizable/

export const exploredMutants: readonly [ExploredMutant, ...ExploredMutant[]] = [
  { fault: 'no promise check', plant: plantNoPromiseCheck, exploration: exploration(3, 2, [add('a', 0), remove(1)]), shows: wrong },
  {
    fault: 'a read is the maximum, without agreement',
    plant: plantReadOfMaximum,
    exploration: exploration(3, 1, [add('a', 0), get(), get()]),
    shows: wrong
  },
  { fault: 'a gap is closed', plant: plantGap, exploration: exploration(3, 2, [add('a', 0), besides(add('b', 0)), get(1)]), shows: wrong },
  {
    fault: 'a tombstone is taken for nothing',
    plant: plantTombstoneAsNothing,
    exploration: exploration(3, 1, [add('a', 0), remove(0), get(), get()]),
    shows: wrong
  },
  {
    fault: 'the first reply is the base',
    plant: known('the first reply is the base'),
    exploration: exploration(3, 2, [add('a', 0), remove(0), get(1)]),
    shows: wrong
  },
  {
    fault: 'a loser is answered from memory',
    plant: plantAnswerFromMemory,
    exploration: exploration(3, 2, [add('a', 0), get(0), remove(1)]),
    shows: wrong
  },
  {
    fault: 'purge once a quorum has passed',
    plant: known('purge once a quorum has passed'),
    exploration: exploration(3, 2, [add('a', 0), remove(0), get(1)], { purges: true }),
    shows: wrong
  },
  {
    fault: 'no floor',
    plant: known('no floor'),
    exploration: exploration(3, 1, [add('a', 0), remove(0), get()], { purges: true }),
    shows: /no tombstone is left below the floor/
  },
  {
    fault: 'purge forgets a promise',
    plant: plantPurgeForgetsPromise,
    exploration: exploration(3, 2, [add('a', 0), remove(0), get(1)], { purges: true }),
    shows: wrong
  },
  {
    fault: 'a stale forward after trimming',
    plant: plantStaleForward,
    exploration: exploration(1, 1, [add('a', 0), remove(0), get(0)], { purges: true }),
    shows: wrong
  },
  { fault: 'equal adds without token', plant: plantEqualAdds, exploration: exploration(1, 1, [add('a', 0), add('b', 0)]), shows: wrong }
]
