import { measured } from '../harness/end.js'
import { clock } from '../harness/statistics.js'

const keys = 100_000

export const title = 'First sync of 100,000 keys with small objects for values'
export const systems = ['tendril', 'tendril-ndjson', 'scuttlebutt', 'yjs', 'json-lines', 'framed-msgpack']
export const references = ['json-lines', 'scuttlebutt']
export const metrics = [{ name: 'ms', ratios: true }, { name: 'cpu ms', ratios: true }]

/** From the call of connect until the last key is there. */
export async function round (a, b) {
  await a.call('fill', keys, 'object')
  const port = await a.call('listen')
  const { result, cpu } = await measured(a, b, () => b.call('receiveAll', port))
  return { ms: result, 'cpu ms': cpu }
}

export function commands ({ replica, commands: { connect } }) {
  return {
    async receiveAll (port) {
      let missing = keys
      const all = new Promise(resolve => {
        replica.listen(() => { if (--missing === 0) resolve(clock()) })
      })
      const start = clock()
      await connect(port)
      return await all - start
    }
  }
}
