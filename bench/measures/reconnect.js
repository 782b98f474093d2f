import { once } from 'node:events'
import { measured, wait } from '../harness/end.js'
import { median } from '../harness/statistics.js'

const keys = 100_000
const times = 9

export const title = 'Reconnect with nothing new at 100,000 keys'
export const systems = ['tendril', 'scuttlebutt', 'yjs', 'tcp']
export const references = ['tcp']
export const metrics = [{ name: 'bytes out' }, { name: 'bytes in' }, { name: 'cpu ms', ratios: true }, { name: 'first, cpu ms' }]

/** Bytes as the end that connects counts them; CPU of both ends together, the median of several reconnects. */
export async function round (a, b) {
  await a.call('fill', keys, 'object')
  const port = await a.call('listen')
  await b.call('connect', port)
  await Promise.all([a.call('synced'), b.call('synced')])
  const costs = []
  for (let i = 0; i < times; i++) {
    await b.call('drop')
    await Promise.all([a.call('gc'), b.call('gc')])
    await wait(50)
    const { cpu } = await measured(a, b, async () => {
      await b.call('connect', port)
      await b.call('synced')
      await wait(50)
    })
    costs.push(cpu)
  }
  const { bytesIn, bytesOut } = await b.call('bytes')
  return { 'bytes out': bytesOut, 'bytes in': bytesIn, 'cpu ms': median(costs), 'first, cpu ms': costs[0] }
}

export function commands (end) {
  return {
    async drop () {
      end.socket.destroy()
      await once(end.socket, 'close')
    },
    bytes: () => ({ bytesIn: end.socket.bytesRead, bytesOut: end.socket.bytesWritten })
  }
}
