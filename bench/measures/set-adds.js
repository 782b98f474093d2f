import { form, load, together } from '../harness/member.js'

export { createMember as createEnd, ids, references, systems } from '../harness/member.js'

export const title = 'Durable adds of new elements: 3 members with their state on disk, with 1 and with 128 in flight at each'
export const metrics = [
  { name: '1: adds/s', ratios: true }, { name: '1: p50 ms', ratios: true }, { name: '1: p99 ms' },
  { name: '128: adds/s', ratios: true }, { name: '128: p50 ms', ratios: true }, { name: '128: p99 ms' }
]
const warmUpMs = 1_000
const ms = 4_000

export async function round (...ends) {
  await form(ends)
  const figures = {}
  for (const callers of [1, 128]) {
    await Promise.all(ends.map(end => end.call('adds', callers, `warm-${callers}`, warmUpMs)))
    await Promise.all(ends.map(end => end.call('begin')))
    const { perSecond, p50, p99 } = together(await Promise.all(ends.map(end => end.call('adds', callers, `run-${callers}`, ms))))
    await Promise.all(ends.map(end => end.call('finish')))
    Object.assign(figures, { [`${callers}: adds/s`]: perSecond, [`${callers}: p50 ms`]: p50, [`${callers}: p99 ms`]: p99 })
  }
  return figures
}

export function commands (end) {
  return {
    adds: (callers, name, forMs) => load(callers, forMs, async (caller, n) => {
      if (!await end.member.add(`${name}-${end.id}-${caller}-${n}`)) throw new Error('it was not there before')
    })
  }
}
