import type { EventEmitter } from 'node:events'

/** Nothing that a test waits for takes this long; what does has failed. */
export const deadlineMs = 60_000

interface Listening {
  on (event: string, listener: (...args: unknown[]) => void): unknown
  removeListener (event: string, listener: (...args: unknown[]) => void): unknown
}

/** What can be listened to: a model, a stream, a socket, a child process. */
export type Emitter = EventEmitter | NodeJS.EventEmitter | object

/** The arguments of the next event of this name. Rejects at the deadline, never for an 'error' that comes instead. */
export function once (emitter: Emitter, event: string, limitMs = deadlineMs): Promise<unknown[]> {
  const source = emitter as Listening
  return new Promise((resolve, reject) => {
    const listener = (...args: unknown[]): void => {
      clearTimeout(limit)
      source.removeListener(event, listener)
      resolve(args)
    }
    const limit = setTimeout(() => {
      source.removeListener(event, listener)
      reject(new Error(`no '${event}' within ${limitMs} ms`))
    }, limitMs)
    source.on(event, listener)
  })
}

/** Resolves once `condition` holds: it is asked now, and again whenever one of the emitters tells of one of the events. */
export function until (condition: () => boolean, emitters: readonly Emitter[], events: readonly string[] = changes, limitMs = deadlineMs): Promise<void> {
  return new Promise((resolve, reject) => {
    const each = (act: (source: Listening, event: string) => void): void => {
      for (const emitter of emitters) for (const event of events) act(emitter as Listening, event)
    }
    const stop = (): void => {
      clearTimeout(limit)
      each((source, event) => { source.removeListener(event, look) })
    }
    const look = (): void => {
      if (!condition()) return
      stop()
      resolve()
    }
    const limit = setTimeout(() => {
      stop()
      reject(new Error(`not within ${limitMs} ms: ${condition.toString()}`))
    }, limitMs)
    each((source, event) => { source.on(event, look) })
    look()
  })
}

const changes = ['update', 'delete', 'expire']

/** Rejects when `promise` takes longer than anything here may take. */
export function within<T> (promise: Promise<T>, what: string, limitMs = deadlineMs): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => { reject(new Error(`${what}: not within ${limitMs} ms`)) }, limitMs)
    promise.then(resolve, reject).finally(() => { clearTimeout(limit) })
  })
}

/** Lets everything that is due in this turn of the event loop and the next few happen. */
export async function turns (count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>(resolve => { setImmediate(resolve) })
}
