/**
 * Time and randomness, handed in. Production uses {@link systemClock}; the simulator passes a virtual one, so that any
 * run replays from its seed.
 */
export interface Clock {
  /** Milliseconds that only ever grow, from an arbitrary start. */
  monotonic: () => number
  /** Milliseconds since 1970 as this machine believes; may jump either way. */
  wall: () => number
  /** A number from 0 (included) to 1 (excluded). */
  random: () => number
  /** Never asked for more than {@link longestTimeoutMs}. A handle with `unref()`, as Node's have, may be unreferenced. */
  setTimeout: (fn: () => void, ms: number) => unknown
  clearTimeout: (handle: unknown) => void
}

/** One reading of both clocks: cores are told the time, they never look. */
export interface Now {
  readonly monotonic: number
  readonly wall: number
}

/** Node's longest timer; a longer delay would fire at once. */
export const longestTimeoutMs = 2 ** 31 - 1

/** The machine's own clock. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: handle => { clearTimeout(handle as NodeJS.Timeout) }
}

/** A timer that by itself keeps no process alive. */
export function idleTimeout (clock: Clock, fn: () => void, ms: number): unknown {
  const handle = clock.setTimeout(fn, ms)
  if (isReferenced(handle)) handle.unref()
  return handle
}

function isReferenced (handle: unknown): handle is { unref: () => void } {
  return typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function'
}

export function readClock (clock: Clock): Now {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}
