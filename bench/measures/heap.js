const keys = 100_000

export const title = 'Heap per key at 100,000 keys with small numbers for values'
export const systems = ['tendril', 'scuttlebutt', 'yjs', 'json-lines']
export const references = ['json-lines']
export const metrics = [{ name: 'bytes, written here', ratios: true }, { name: 'bytes, received', ratios: true }]

/** At the end that wrote the keys, before it has any connection, and at the one that was sent them. */
export async function round (a, b) {
  await a.call('fill', keys, 'number')
  const written = await a.call('heap')
  const port = await a.call('listen')
  await b.call('connect', port)
  await b.call('synced')
  return { 'bytes, written here': written / keys, 'bytes, received': await b.call('heap') / keys }
}

export function commands ({ heapBefore }) {
  return {
    heap: () => {
      globalThis.gc()
      return process.memoryUsage().heapUsed - heapBefore
    }
  }
}
