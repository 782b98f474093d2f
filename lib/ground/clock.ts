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
  setTimeout: (fn: () => void, ms: number) => unknown
  clearTimeout: (handle: unknown) => void
}

/** One reading of both clocks: cores are told the time, they never look. */
export interface Now {
  readonly monotonic: number
  readonly wall: number
}

/** Node's longest timer; a longer delay would fire at once. */
const longestTimeoutMs = 2 ** 31 - 1

/** The machine's own clock. Its timers are unreferenced: a waiting timer alone never keeps a process alive. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (fn, ms) => setTimeout(fn, Math.min(ms, longestTimeoutMs)).unref(),
  clearTimeout: handle => { clearTimeout(handle as NodeJS.Timeout) }
}

export function readClock (clock: Clock): Now {
  return { monotonic: clock.monotonic(), wall: clock.wall() }
}
