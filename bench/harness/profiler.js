import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/**
 * Profiles this process from here on, where the parent wants it: what `--cpu-prof` does, but of the measured stretch alone.
 * @param {string} id
 * @returns {Promise<() => Promise<void>>} a function that stops it and writes the profile down
 */
export async function startProfile (id) {
  const folder = process.env.BENCH_PROFILE
  if (folder === undefined) return async () => {}
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  return async () => {
    const { profile } = await session.post('Profiler.stop')
    writeFileSync(`${folder}/${id}.cpuprofile`, JSON.stringify(profile))
    session.disconnect()
  }
}
