/**
 * @param {readonly number[]} numbers
 * @param {number} share of the numbers that are not greater, from 0 to 1
 */
export function quantile (numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}

/** @param {readonly number[]} numbers */
export function median (numbers) { return quantile(numbers, 0.5) }

/** Milliseconds on a clock that all processes of one machine share. */
export function clock () { return Number(process.hrtime.bigint()) / 1e6 }

/** Milliseconds of CPU that this process has used, on all its threads. */
export function cpu () {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
