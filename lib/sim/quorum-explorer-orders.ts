import type { Answer } from '../quorum/cells.js'
import type { OperationKind } from '../quorum/execute.js'
import { sequential } from './quorum-linearizable.js'

/** An operation of the exploration. */
export interface ExploredOperation {
  readonly element: string
  /** Owners that may be asked to execute it, in the order of their terms; none: it is a read that asks the acceptors. */
  readonly owners: readonly number[]
  readonly kind: OperationKind
  readonly token: string
}

/** One order in which operations may have taken effect so far. */
interface Order {
  /** Who holds each element. */
  readonly holders: ReadonlyMap<string, string>
  /** Operations that have taken effect, and what those must be answered that wait for it. */
  readonly done: number
  readonly owed: ReadonlyMap<number, string>
  /** Adds that took effect, in order. */
  readonly adds: readonly number[]
}

/**
 * Every order of effects that agrees with what callers have seen: all that a history says of its future. Histories with the
 * same orders are judged alike whatever comes, so the search takes them for one.
 *
 * Wing and Gong, *Testing and Verifying Concurrent Objects*: the possibilities of a history.
 */
export class Orders {
  readonly #operations: readonly ExploredOperation[]
  readonly #orders: readonly Order[]
  readonly #begun: number
  /** By add: its fence, once somebody was told. */
  readonly #fences: ReadonlyMap<number, string>

  constructor (operations: readonly ExploredOperation[], orders?: readonly Order[], begun = 0, fences: ReadonlyMap<number, string> = new Map<number, string>()) {
    this.#operations = operations
    this.#orders = orders ?? [{ holders: new Map<string, string>(), done: 0, owed: new Map<number, string>(), adds: [] }]
    this.#begun = begun
    this.#fences = fences
  }

  get isEmpty (): boolean { return this.#orders.length === 0 }

  /** Equal for histories that no future tells apart. */
  get key (): string {
    const orders = this.#orders.map(keyOf).sort()
    return `${this.#begun} ${[...this.#fences].sort(([a], [b]) => a - b).join()} ${orders.join('|')}`
  }

  /** An operation begins: it may take effect from now on. */
  begin (operation: number): Orders {
    const begun = this.#begun | 1 << operation
    const orders = new Map<string, Order>()
    const open = [...this.#orders]
    for (let order = open.pop(); order !== undefined; order = open.pop()) {
      const key = keyOf(order)
      if (orders.has(key)) continue
      orders.set(key, order)
      for (let number = 0; number < this.#operations.length; number++) {
        if (isSet(begun & ~order.done, number)) open.push(this.#perform(order, number))
      }
    }
    return new Orders(this.#operations, [...orders.values()], begun, this.#fences)
  }

  #perform ({ holders, done, owed, adds }: Order, number: number): Order {
    const operation = this.#operations[number]!
    const { code, told, next } = sequential(operation, holders.get(operation.element) ?? '')
    return {
      holders: new Map([...holders, [operation.element, next]]),
      done: done | 1 << number,
      owed: new Map([...owed, [number, answerKey(code, told)]]),
      adds: code === 'added' ? [...adds, number] : adds
    }
  }

  /** An operation was answered: it took effect before, and so that this was its answer. */
  end (operation: number, { code, token, fence }: Answer): Orders {
    const add = this.#operations.findIndex(({ kind, element, token: own }) => kind === 'add' && own === token && element === this.#operations[operation]!.element)
    const fences = add === -1 || fence === '' ? this.#fences : new Map([...this.#fences, [add, fence]])
    const orders = this.#orders.filter(({ owed, adds }) => owed.get(operation) === answerKey(code, token) && this.#areInOrder(adds, fences))
      .map(order => ({ ...order, owed: new Map([...order.owed].filter(([number]) => number !== operation)) }))
    return new Orders(this.#operations, orders, this.#begun, fences)
  }

  /** Adds of one element take effect in the order of their fences. */
  #areInOrder (adds: readonly number[], fences: ReadonlyMap<number, string>): boolean {
    return adds.every((add, i) => adds.slice(0, i).every(earlier => this.#operations[earlier]!.element !== this.#operations[add]!.element ||
      !fences.has(add) || !fences.has(earlier) || fences.get(earlier)! < fences.get(add)!))
  }
}

function answerKey (code: string, token: string): string { return `${code}:${token}` }

function keyOf ({ holders, done, owed, adds }: Order): string {
  return [[...holders].sort().join(), done, [...owed].sort(([a], [b]) => a - b).join(), adds.join()].join(';')
}

function isSet (bits: number, bit: number): boolean { return (bits >> bit) % 2 !== 0 }
