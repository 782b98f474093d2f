import { form, load, together } from '../harness/member.js'

export { createMember as createEnd, ids, references, systems } from '../harness/member.js'

export const title = 'One hot element: 128 callers over 3 members try to add it, again and again; whoever could removes it'
export const metrics = [{ name: 'attempts/s', ratios: true }, { name: 'p50 ms', ratios: true }, { name: 'p99 ms' }]
const callers = [43, 43, 42]

export async function round (...ends) {
  await form(ends)
  await Promise.all(ends.map((end, i) => end.call('fight', callers[i], 1_000)))
  await Promise.all(ends.map(end => end.call('begin')))
  const { perSecond, p50, p99 } = together(await Promise.all(ends.map((end, i) => end.call('fight', callers[i], 4_000))))
  await Promise.all(ends.map(end => end.call('finish')))
  return { 'attempts/s': perSecond, 'p50 ms': p50, 'p99 ms': p99 }
}

export function commands (end) {
  const holds = new Set()
  return {
    fight: async (count, ms) => {
      const result = await load(count, ms, async caller => {
        if (holds.delete(caller)) await end.member.remove('hot')
        else if (await end.member.add('hot')) holds.add(caller)
      })
      for (const caller of holds) if (holds.delete(caller)) await end.member.remove('hot')
      return result
    }
  }
}
