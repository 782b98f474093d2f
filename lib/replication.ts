import { TendrilError } from './ground/errors.js'

interface Waiter {
  sequence: number
  readonly peers: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Those who wait until enough peers have acknowledged what was written here. */
export class Replication {
  readonly #replicas: (sequence: number) => number
  readonly #waiters = new Set<Waiter>()
  #written = 0
  #ended: Error | undefined

  /** `replicas` tells how many distinct peers have acknowledged everything up to a sequence. */
  constructor (replicas: (sequence: number) => number) {
    this.#replicas = replicas
  }

  /** Something was written here, and stands at `sequence` of the log. */
  wrote (sequence: number): void { this.#written = Math.max(this.#written, sequence) }

  /** Storage was read: the log is another one, and all that was written before stands in it, up to `sequence`. */
  restored (sequence: number): void {
    this.#written = sequence
    for (const waiter of this.#waiters) waiter.sequence = sequence
  }

  async wait (peers: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw aborted(signal)
    if (this.#ended !== undefined) throw this.#ended
    const sequence = this.#written
    if (this.#replicas(sequence) >= peers) return
    let onAbort: (() => void) | undefined
    await new Promise<void>((resolve, reject) => {
      const waiter = { sequence, peers, resolve, reject }
      this.#waiters.add(waiter)
      onAbort = () => {
        this.#waiters.delete(waiter)
        if (signal !== undefined) reject(aborted(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    }).finally(() => { if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort) })
  }

  /** More was acknowledged. */
  check (): void {
    for (const waiter of this.#waiters) {
      if (this.#replicas(waiter.sequence) < waiter.peers) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  /** Nothing more will be acknowledged. */
  close (error: Error): void {
    this.#ended ??= error
    for (const waiter of this.#waiters) waiter.reject(error)
    this.#waiters.clear()
  }
}

function aborted (signal: AbortSignal): TendrilError {
  return new TendrilError('ABORTED', 'waiting for replication was aborted', { cause: signal.reason })
}
