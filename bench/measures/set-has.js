import { form, load, together } from '../harness/member.js'

export { createMember as createEnd, ids, references, systems } from '../harness/member.js'

export const title = 'Linearizable has: 3 members, 128 in flight at each, 3,000 elements, of which half are there'
export const metrics = [{ name: 'has/s', ratios: true }, { name: 'p50 ms', ratios: true }, { name: 'p99 ms' }]
const callers = 128
const elements = 3_000

export async function round (...ends) {
  await form(ends)
  await ends[0].call('fill')
  await Promise.all(ends.map(end => end.call('has', 1_000)))
  await Promise.all(ends.map(end => end.call('begin')))
  const { perSecond, p50, p99 } = together(await Promise.all(ends.map(end => end.call('has', 4_000))))
  await Promise.all(ends.map(end => end.call('finish')))
  return { 'has/s': perSecond, 'p50 ms': p50, 'p99 ms': p99 }
}

export function commands (end) {
  return {
    fill: async () => {
      for (let from = 0; from < elements; from += 200) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => end.member.add(`element-${from + 2 * i}`)))
      }
    },
    has: ms => load(callers, ms, async (caller, n) => {
      const number = (caller * 7_919 + n * 31) % elements
      if (await end.member.has(`element-${number}`) !== (number % 2 === 0)) throw new Error('that is not so')
    })
  }
}
