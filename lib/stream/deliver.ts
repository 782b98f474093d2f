import { errorMonitor } from 'node:events'
import { wrongType } from '../ground/errors.js'

/**
 * Calls the user's code. What it throws breaks nothing here: it surfaces as an uncaught exception would, after what is
 * under way.
 */
export function deliver (call: () => unknown): void {
  try {
    call()
  } catch (error) {
    process.nextTick(() => { throw error })
  }
}

/**
 * Emits an event as `emit` does, which stops at the first listener that throws: here each one is called, and what any of
 * them throws surfaces.
 * @returns whether anyone listens; an 'error' to nobody is not thrown
 */
export function tell (emitter: { rawListeners: (event: string | symbol) => unknown[] }, event: string | symbol, ...args: readonly unknown[]): boolean {
  const listeners = emitter.rawListeners(event)
  if (listeners.length === 0) return false
  if (event === 'error') listeners.unshift(...emitter.rawListeners(errorMonitor))
  for (const listener of listeners) deliver(() => { Reflect.apply(listener as () => void, emitter, args) })
  return true
}

/** A Node callback: an error, or nothing. */
export type Callback = (error?: Error) => void

/**
 * Does it, and gives the promise or, where there is a callback, calls that instead. What it throws is an uncaught
 * exception.
 * @throws TypeError with code INVALID_ARGUMENT, before anything is done
 */
export function answer (act: () => Promise<void>, callback: unknown): Promise<void> | void {
  if (callback === undefined) return act()
  if (!isCallback(callback)) throw wrongType('callback must be a function')
  act().then(
    () => { process.nextTick(callback) },
    (error: Error) => { process.nextTick(callback, error) }
  )
}

function isCallback (value: unknown): value is Callback { return typeof value === 'function' }
