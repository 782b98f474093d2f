import { measured } from '../harness/end.js'
import { clock, quantile } from '../harness/statistics.js'

const warmUp = 2_000
const trips = 5_000

export const title = 'Round trip of one update: set here, update there, set there, update here'
export const systems = ['tendril', 'tendril-ndjson', 'scuttlebutt', 'yjs', 'framed-msgpack']
export const references = ['framed-msgpack', 'scuttlebutt']
export const metrics = [{ name: 'p50 us', ratios: true }, { name: 'p99 us', ratios: true }]

export async function round (a, b) {
  const port = await a.call('listen')
  await b.call('connect', port)
  await Promise.all([a.call('synced'), b.call('synced')])
  await b.call('echo')
  const { result } = await measured(a, b, () => a.call('bounce'))
  return result
}

export function commands ({ replica }) {
  return {
    echo: () => { replica.listen((key, value) => { if (key === 'ping') replica.set('pong', value) }) },
    bounce: () => new Promise(resolve => {
      const times = []
      let left = warmUp + trips
      let start = 0
      const serve = () => {
        start = clock()
        replica.set('ping', left)
      }
      replica.listen(() => {
        if (left-- <= trips) times.push((clock() - start) * 1000)
        if (left > 0) setImmediate(serve)
        else resolve({ 'p50 us': quantile(times, 0.5), 'p99 us': quantile(times, 0.99) })
      })
      serve()
    })
  }
}
