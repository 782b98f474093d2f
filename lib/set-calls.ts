import { idleTimeout } from './ground/clock.js'
import type { Clock } from './ground/clock.js'
import type { ErrorCode } from './ground/errors.js'
import { TendrilError, wrongType } from './ground/errors.js'
import type { Answer } from './quorum/cells.js'
import type { OperationKind } from './quorum/execute.js'
import type { CallSettings } from './consistent-set-options.js'

/** A Node callback with a result. */
export type ResultCallback<Result> = (error: TendrilError | null, result?: Result) => void

export interface Call<Result> extends CallSettings {
  readonly kind: OperationKind
  readonly element: string
  /** What its user is answered. @throws TendrilError where that is an error */
  readonly read: (answer: Answer) => Result
}

/** What becomes of a call that nobody waits for any more. */
export type Fate = 'ABORTED' | 'OUTCOME_UNKNOWN' | undefined

export interface SetCallsOptions {
  readonly clock: Clock
  /** Hands a call over: its number, and what begins it, which may answer it at once. */
  readonly begin: (kind: OperationKind, element: string, token: string) => { readonly n: number, readonly go: () => void }
  /** Nobody waits for a call any more. */
  readonly abandon: (n: number) => Fate
}

interface Waiter {
  readonly call: Call<unknown>
  readonly token: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  timer?: unknown
}

/** The calls that one signal ends: it may be the same for very many, and is listened to once. */
interface Listening {
  readonly numbers: Set<number>
  readonly stop: () => void
}

/** Calls whose users wait for an answer, and what ends their wait. */
export class SetCalls {
  readonly #options: SetCallsOptions
  readonly #waiting = new Map<number, Waiter>()
  readonly #signals = new Map<AbortSignal, Listening>()

  constructor (options: SetCallsOptions) {
    this.#options = options
  }

  /** @throws TypeError with code INVALID_ARGUMENT for a callback that is none, before anything is done */
  run<Result> (call: Call<Result>, token: string, callback: unknown, refusal: TendrilError | undefined): Promise<Result> | void {
    if (callback === undefined) {
      return new Promise((resolve, reject) => { this.#begin({ call, token, resolve: resolve as Waiter['resolve'], reject }, refusal) })
    }
    if (typeof callback !== 'function') throw wrongType('callback must be a function')
    const told = callback as (...args: unknown[]) => void
    this.#begin({
      call,
      token,
      resolve: result => { process.nextTick(told, null, result) },
      reject: error => { process.nextTick(told, error) }
    }, refusal)
  }

  #begin (waiter: Waiter, refusal: TendrilError | undefined): void {
    const { kind, element, signal, timeout } = waiter.call
    if (refusal !== undefined) { waiter.reject(refusal); return }
    if (signal?.aborted === true) { waiter.reject(aborted('the call was aborted', signal)); return }
    const { n, go } = this.#options.begin(kind, element, waiter.token)
    this.#waiting.set(n, waiter)
    if (signal !== undefined) (this.#signals.get(signal) ?? this.#listen(signal)).numbers.add(n)
    if (timeout !== undefined) {
      waiter.timer = idleTimeout(this.#options.clock, () => {
        this.#give(n, waiter, new TendrilError('ABORTED', `no answer came within ${timeout} ms`))
      }, timeout)
    }
    go()
  }

  #listen (signal: AbortSignal): Listening {
    const numbers = new Set<number>()
    const end = (): void => {
      for (const n of numbers) this.#give(n, this.#waiting.get(n)!, aborted('the call was aborted', signal))
    }
    const listening = { numbers, stop: () => { signal.removeEventListener('abort', end) } }
    signal.addEventListener('abort', end)
    this.#signals.set(signal, listening)
    return listening
  }

  /** Nobody waits any more. Where nothing was sent that is all; else the call goes on, and what came of it is not known here. */
  #give (n: number, waiter: Waiter, error: TendrilError): void {
    const fate = this.#options.abandon(n)
    this.#forget(n, waiter)
    waiter.reject(fate === 'OUTCOME_UNKNOWN' ? unknown(waiter, error) : error)
  }

  #forget (n: number, { timer, call: { signal } }: Waiter): void {
    this.#waiting.delete(n)
    if (timer !== undefined) this.#options.clock.clearTimeout(timer)
    const listening = signal === undefined ? undefined : this.#signals.get(signal)
    listening?.numbers.delete(n)
    if (listening?.numbers.size !== 0) return
    listening.stop()
    this.#signals.delete(signal!)
  }

  answered (n: number, answer: Answer): void {
    const waiter = this.#waiting.get(n)
    if (waiter === undefined) return
    this.#forget(n, waiter)
    settle(waiter, answer)
  }

  /** This node may not call any more. */
  failed (n: number, code: ErrorCode): void {
    const waiter = this.#waiting.get(n)
    if (waiter === undefined) return
    this.#forget(n, waiter)
    const error = new TendrilError(code === 'OUTCOME_UNKNOWN' ? 'NOT_MEMBER' : code, 'this node is no member of the cluster')
    waiter.reject(code === 'OUTCOME_UNKNOWN' ? unknown(waiter, error) : error)
  }

  /** Nothing will be answered any more. */
  close (error: TendrilError): void {
    for (const [n, waiter] of this.#waiting) this.#give(n, waiter, error)
  }
}

function settle (waiter: Waiter, answer: Answer): void {
  try {
    waiter.resolve(waiter.call.read(answer))
  } catch (error) {
    waiter.reject(error)
  }
}

function aborted (message: string, signal: AbortSignal): TendrilError {
  const error = new TendrilError('ABORTED', message, { cause: signal.reason })
  error.name = 'AbortError'
  return error
}

function unknown ({ call: { kind, element }, token }: Waiter, cause: TendrilError): TendrilError {
  const verb = kind === 'add' ? 'added' : 'removed'
  return new TendrilError('OUTCOME_UNKNOWN', `${cause.message}; '${element}' may still be ${verb}`, { cause, token: token === '' ? undefined : token })
}
