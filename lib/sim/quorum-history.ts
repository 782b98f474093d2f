import type { Answer } from '../quorum/cells.js'
import { findUnlinearizable } from './quorum-linearizable.js'
import type { Call } from './quorum-linearizable.js'
import { expect } from './violation.js'

interface Recorded {
  readonly node: string
  readonly element: string
  readonly kind: Call['kind']
  readonly token: string
  readonly begin: number
  end: number | undefined
  answer: Answer | undefined
}

/** What all callers of a run saw, in the order in which it happened. */
export class QuorumHistory {
  readonly #calls: Recorded[] = []
  readonly #open = new Map<string, Recorded>()
  #time = 0

  get size (): number { return this.#calls.length }
  get answered (): number { return this.#calls.filter(({ end }) => end !== undefined).length }

  begin (node: string, store: string, n: number, call: Pick<Call, 'element' | 'kind' | 'token'>, begunAt: number): void {
    const recorded = { node, ...call, begin: begunAt, end: undefined, answer: undefined }
    this.#calls.push(recorded)
    this.#open.set(`${node} ${store} ${n}`, recorded)
  }

  /** A moment after all that has happened so far. */
  now (): number { return ++this.#time }

  end (node: string, store: string, n: number, answer: Answer): void {
    const recorded = this.#open.get(`${node} ${store} ${n}`)
    if (recorded === undefined) return
    expect(recorded.end === undefined, () => `${node} answers call ${n} twice`)
    recorded.end = this.now()
    recorded.answer = answer
  }

  /** A node has lost its memory: nobody will hear what came of its calls. */
  forget (node: string): void {
    for (const [key, recorded] of this.#open) if (recorded.node === node) this.#open.delete(key)
  }

  /** The node may not call. */
  fail (node: string, store: string, n: number): void { this.forgetCall(node, store, n) }

  forgetCall (node: string, store: string, n: number): void { this.#open.delete(`${node} ${store} ${n}`) }

  /** How many calls wait that may still be answered. */
  get waiting (): string[] {
    return [...this.#open].filter(([, { end }]) => end === undefined).map(([key, { kind, element }]) => `${key} ${kind} ${element}`)
  }

  judge (): void {
    const wrong = findUnlinearizable(this.#calls)
    expect(wrong === undefined, () => `not linearizable: ${wrong}\n${this.#calls.filter(({ element }) => element === wrong)
      .map(({ node, kind, token, begin, end, answer }) => `  ${node} ${begin}..${end} ${kind} ${token} -> ${answer?.code} ${answer?.token}`).join('\n')}`)
    this.#judgeFences()
  }

  /** A later add of an element has a greater fence. */
  #judgeFences (): void {
    const added = this.#calls.filter(({ answer }) => answer?.code === 'added')
    for (const first of added) {
      for (const second of added) {
        expect(first.element !== second.element || first.token === second.token || first.end! >= second.begin ||
          first.answer!.fence < second.answer!.fence, () => `the fence of ${second.token} is not above that of ${first.token}`)
      }
    }
  }
}
