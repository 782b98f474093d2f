import { form, load } from '../harness/member.js'

export { createMember as createEnd, ids, references, systems } from '../harness/member.js'

export const title = 'A member crashes (of etcd, the leader), while the two others add with 32 in flight each: how long the slowest add took, and how many took more than 50 ms'
export const metrics = [{ name: 'gap ms', ratios: true }, { name: 'p50 ms', ratios: true }, { name: 'late %', ratios: true }]
const callers = 32

export async function round (...ends) {
  await form(ends)
  const leads = await Promise.all(ends.map(end => end.call('leads')))
  const victim = ends[Math.max(0, leads.indexOf(true))]
  const others = ends.filter(end => end !== victim)
  const pid = await victim.call('pid')
  await Promise.all(ends.map(end => end.call('adds', 'warm', 1_000)))
  const running = Promise.all(others.map(end => end.call('adds', 'run', 5_000)))
  setTimeout(() => { victim.kill(pid) }, 1_000)
  const loads = await running
  const mean = name => loads.reduce((all, one) => all + one[name], 0) / loads.length
  return { 'gap ms': Math.max(...loads.map(({ most }) => most)), 'p50 ms': mean('p50'), 'late %': mean('late') }
}

export function commands (end) {
  return {
    adds: async (name, ms) => {
      let late = 0
      let all = 0
      const result = await load(callers, ms, async (caller, n) => {
        const begin = performance.now()
        await untilAdded(end.member, `${name}-${end.id}-${caller}-${n}`)
        all++
        if (performance.now() - begin > 50) late++
      })
      return { ...result, late: 100 * late / all }
    }
  }
}

/** A call that failed is made again, as its user would. */
async function untilAdded (member, element) {
  for (;;) {
    try {
      return await member.add(element)
    } catch {
      await new Promise(resolve => { setTimeout(resolve, 5) })
    }
  }
}
