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

/** A Node callback: an error, or nothing. */
export type Callback = (error?: Error) => void

/** Gives the promise or, where there is a callback, calls that instead. What it throws is an uncaught exception. */
export function answer (promise: Promise<void>, callback: Callback | undefined): Promise<void> | void {
  if (callback === undefined) return promise
  if (typeof callback !== 'function') throw wrongType('callback must be a function')
  promise.then(
    () => { process.nextTick(callback) },
    (error: Error) => { process.nextTick(callback, error) }
  )
}
