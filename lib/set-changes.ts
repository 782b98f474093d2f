import { outOfRange, TendrilError, wrongType } from './ground/errors.js'
import type { ErrorCode } from './ground/errors.js'

const reasons: ReadonlyMap<ErrorCode, string> = new Map<ErrorCode, string>([
  ['CLUSTER_FULL', 'the others have become a cluster without this node'],
  ['NOT_MEMBER', 'this node is no member any more, or lost the storage that its id stands for: replace it'],
  ['CLUSTER_MISMATCH', 'there is another cluster, which was formed apart from this one']
])

/** Why this node has no part in the cluster. */
export function refusalOf (code: ErrorCode): TendrilError { return new TendrilError(code, reasons.get(code) ?? 'this node is no member') }

/** Those who wait for a change of the members, by its number. */
export class MemberChanges {
  readonly #waiting = new Map<number, { readonly resolve: () => void, readonly reject: (error: Error) => void }>()

  async wait (n: number): Promise<void> { await new Promise<void>((resolve, reject) => { this.#waiting.set(n, { resolve, reject }) }) }

  ended (n: number, code: ErrorCode | undefined): void {
    const waiter = this.#waiting.get(n)
    this.#waiting.delete(n)
    if (code === undefined) waiter?.resolve()
    else if (code === 'INVALID_ARGUMENT') waiter?.reject(outOfRange('the members can not be changed like this'))
    else waiter?.reject(new TendrilError(code, 'this node, or the one to be changed, is no member'))
  }

  /** Nothing will be told any more; what was begun may still be done by the others. */
  close (error: TendrilError): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** Does it, and gives the promise of its result or, where there is a callback, calls that instead. @throws TypeError with code INVALID_ARGUMENT */
export function resultOf<Result> (act: () => Promise<Result>, callback: unknown): Promise<Result> | void {
  if (callback === undefined) return act()
  if (typeof callback !== 'function') throw wrongType('callback must be a function')
  const told = callback as (...args: unknown[]) => void
  act().then(
    result => { process.nextTick(told, null, result) },
    (error: unknown) => { process.nextTick(told, error) }
  )
}
