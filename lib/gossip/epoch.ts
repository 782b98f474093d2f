import { randomId } from '../ground/ids.js'

/** Digits of the time of birth, in milliseconds since 1970 and base 36: enough until the year 5188. */
const birthDigits = 9
const randomDigits = 8

/**
 * An epoch: the time of birth, by which epochs sort as text, and 41 random bits. One that must come after another is born a
 * millisecond later at least, whatever the clock says.
 */
export function drawEpoch (random: () => number, wallMs: number, after?: string): string {
  const birth = Math.max(0, Math.floor(wallMs), after === undefined ? 0 : birthOf(after) + 1)
  return birth.toString(36).padStart(birthDigits, '0') + randomId(random, randomDigits)
}

/** The time of birth that an epoch tells, in milliseconds since 1970. */
export function birthOf (epoch: string): number {
  return parseInt(epoch.slice(0, birthDigits), 36)
}

/** Whether this is an epoch as {@link drawEpoch} draws them: only such sort by their birth. */
export function isEpoch (text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-z]{17}$/.test(text)
}
