import { clock } from './statistics.js'
import { measured, turn } from './end.js'

const updates = 100_000
const slice = 100

/** From the first set until the other end has the last value of every key. */
export async function playUpdates (a, b, keys) {
  const port = await a.call('listen')
  await b.call('connect', port)
  await Promise.all([a.call('synced'), b.call('synced')])
  await b.call('expect', keys)
  const { result: [start, stop], cpu } = await measured(a, b, () => Promise.all([a.call('write', keys), b.call('complete')]))
  return { ms: stop - start, 'cpu ms': cpu }
}

export function commands ({ replica }) {
  let complete
  return {
    expect (keys) {
      let missing = keys
      complete = new Promise(resolve => {
        replica.listen((key, value) => {
          if (value >= updates - keys && --missing === 0) resolve(clock())
        })
      })
    },
    complete: () => complete,
    async write (keys) {
      const start = clock()
      for (let i = 0; i < updates;) {
        const stop = i + slice
        replica.together(() => { for (; i < stop; i++) replica.set(`key-${i % keys}`, i) })
        await replica.room()
        await turn()
      }
      return start
    }
  }
}
