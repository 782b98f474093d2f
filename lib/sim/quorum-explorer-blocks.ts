import type { Histories } from './quorum-explorer-history.js'
import { NumberMap } from './quorum-explorer-map.js'
import type { ExploredOperation } from './quorum-explorer-orders.js'
import type { Owners, OwnerStep, Told } from './quorum-explorer-owners.js'

/** What an owner does of itself, one after the other, until it has something new to send or an answer. */
export interface Block {
  readonly owner: number
  readonly history: number
  /** What it may send that it could not before the last step: the number of the list. */
  readonly list: number
  /** Who is answered at once. */
  readonly told: readonly Told[]
  readonly steps: readonly BlockStep[]
}

export type BlockStep =
  | { readonly type: 'execute', readonly number: number }
  | { readonly type: 'release', readonly number: number }
  | { readonly type: 'purge' }

export interface BlocksOptions {
  readonly owners: Owners
  readonly histories: Histories
  readonly operations: readonly ExploredOperation[]
  readonly purges: boolean
  /** The number of a list of letters. */
  readonly list: (letters: readonly number[]) => number
}

/** An owner in the middle of a block. */
interface Midway {
  readonly owner: number
  readonly history: number
  readonly steps: readonly BlockStep[]
}

/** A step of an owner, after it has heard of releases: from which state to which. */
interface Stepped extends Midway {
  readonly from: number
  readonly told: readonly Told[]
}

const silent: readonly Told[] = []

/**
 * What owners do of themselves: execute, hear of releases, and that all members have passed. Nobody notices any of this before
 * a letter arrives that was made by it, or somebody is answered, so it is done right before that.
 */
export class Blocks {
  readonly #options: BlocksOptions
  readonly #blocksOf = new NumberMap()
  readonly #blocks: Array<readonly Block[]> = []

  constructor (options: BlocksOptions) {
    this.#options = options
  }

  /** `passed`: how far all members have acknowledged. */
  from (term: number, owner: number, history: number, passed: number): readonly Block[] {
    const key = ((history * 16 + passed) * 8 + term) * 2 ** 21 + owner
    const known = this.#blocksOf.get(key)
    return this.#blocks[known === -1 ? this.#blocksOf.add(key, this.#blocks.push(this.#collect(term, owner, history, passed)) - 1) : known]!
  }

  #collect (term: number, owner: number, history: number, passed: number): Block[] {
    const blocks: Block[] = []
    const met = new Set([`${owner} ${history}`])
    const atOnce = new Set<string>()
    const open: Midway[] = [{ owner, history, steps: [] }]
    for (let midway = open.pop(); midway !== undefined; midway = open.pop()) {
      for (const { from, ...next } of this.#next(term, midway, passed)) {
        const answered = JSON.stringify(next.told)
        const fresh = this.#fresh(from, next.owner)
        // What is answered at once without the steps before is answered without them.
        if (next.told.length > 0 ? !atOnce.has(answered) : fresh.length > 0) blocks.push({ ...next, list: this.#options.list(fresh) })
        if (next.told.length > 0 && midway.steps.length === 0) atOnce.add(answered)
        if (next.told.length > 0 || met.has(`${next.owner} ${next.history}`)) continue
        met.add(`${next.owner} ${next.history}`)
        open.push(next)
      }
    }
    return blocks
  }

  /** ACCEPTs and REPAIRs that there were not before. */
  #fresh (from: number, to: number): number[] {
    const { owners } = this.#options
    const before = new Set([...owners.at(from).letters, ...owners.at(from).repairs])
    return [...owners.at(to).letters, ...owners.at(to).repairs].filter(letter => !before.has(letter))
  }

  * #next (term: number, midway: Midway, passed: number): Generator<Stepped> {
    const { owners, operations, purges, histories } = this.#options
    for (let number = 0; number < operations.length; number++) {
      if (!this.mayBeHanded(midway.history, number, term) || hasDone(midway, number)) continue
      const history = histories.ask(midway.history, number, term)
      const { asked, ended } = histories.at(history)
      const isHeard = asked[number] === term && (ended >> number) % 2 === 0
      yield * this.#released(term, midway, history, { type: 'execute', number }, owner => {
        const step = owners.execute(term, owner, number, operations[number]!)
        return isHeard ? step : { ...step, told: silent }
      })
    }
    if (!purges || passed === 0 || hasDone(midway, undefined)) return
    yield * this.#released(term, midway, midway.history, { type: 'purge' }, owner => ({ to: owners.purge(term, owner, passed), told: silent }))
  }

  /** A step, with what must be released before it for it to come out so: all else may be released later. */
  * #released (term: number, { owner, history, steps }: Midway, next: number, last: BlockStep, step: (owner: number) => OwnerStep): Generator<Stepped> {
    for (const numbers of this.#releasable(owner, history)) {
      const from = this.#release(term, owner, numbers)
      const { to, told } = step(from)
      if (to === from && told.length === 0) continue
      const isNeeded = told.length > 0 || numbers.every(number => this.#release(term, step(this.#release(term, owner, numbers.filter(other => other !== number))).to, [number]) !== to)
      if (isNeeded) yield { from, owner: to, history: next, told, steps: [...steps, ...numbers.map(number => ({ type: 'release', number } as const)), last] }
    }
  }

  #release (term: number, owner: number, numbers: readonly number[]): number {
    return numbers.reduce((owner, number) => this.#options.owners.release(term, owner, number), owner)
  }

  /** Sets of operations of whom an owner might hear that nobody waits for them any more: the smallest first. */
  #releasable (owner: number, history: number): number[][] {
    const { owners, histories, operations, purges } = this.#options
    if (!purges) return [[]]
    const { remembered, released } = owners.at(owner)
    const releasable = histories.at(history).ended & remembered & ~released
    return [...operations.keys()].filter(number => (releasable >> number) % 2 !== 0)
      .reduce<number[][]>((sets, number) => [...sets, ...sets.map(set => [...set, number])], [[]])
  }

  /** What is at its end is handed to nobody new, but what was sent before may arrive. */
  mayBeHanded (history: number, number: number, term: number): boolean {
    const { operations, histories } = this.#options
    const { asked, ended } = histories.at(history)
    return operations[number]!.owners.includes(term) && (asked[number]! >= term || (ended >> number) % 2 === 0)
  }
}

/** In one block nothing is done twice: the second time comes, if at all, after something was sent of the first. */
function hasDone ({ steps }: Midway, number: number | undefined): boolean {
  return steps.some(step => number === undefined ? step.type === 'purge' : step.type === 'execute' && step.number === number)
}
