import { once } from 'node:events'

const batchBytes = 16_384

/**
 * What one writes by hand instead of using a library: a Map at each end, pairs sent in batches, no merge. A new
 * connection is sent everything, in batches of 16 KiB; then an empty batch says that this was all.
 * @param {(batch: ReadonlyArray<readonly [string, unknown]>) => string | Buffer} encode
 * @param {(onBatch: (batch: ReadonlyArray<readonly [string, unknown]>) => void) => (chunk: Buffer) => void} reader
 * @returns {import('../harness/end.js').Replica}
 */
export function createByHand (encode, reader) {
  const map = new Map()
  let listener = () => {}
  let current
  let gathered = []
  let isGathering = false
  let frames = 0

  function flush () {
    if (current !== undefined && gathered.length > 0) send(gathered)
    gathered = []
  }

  function send (batch) {
    frames++
    return current.write(encode(batch))
  }

  async function sendAll () {
    let batch = []
    const [first = ['', '']] = map
    const perBatch = Math.ceil(batchBytes / JSON.stringify(first).length)
    for (const pair of map) {
      batch.push(pair)
      if (batch.length < perBatch) continue
      if (!send(batch)) await once(current, 'drain')
      batch = []
    }
    if (batch.length > 0) send(batch)
    send([])
  }

  return {
    set: (key, value) => {
      map.set(key, value)
      if (current === undefined) return
      gathered.push([key, value])
      if (!isGathering) flush()
    },
    together: write => {
      isGathering = true
      write()
      isGathering = false
      flush()
    },
    room: () => current?.writableNeedDrain === true ? once(current, 'drain') : undefined,
    listen: told => { listener = told },
    attach: socket => {
      current = socket
      let done
      const synced = new Promise(resolve => { done = resolve })
      socket.on('data', reader(batch => {
        if (batch.length === 0) done()
        for (const [key, value] of batch) {
          map.set(key, value)
          listener(key, value)
        }
      }))
      sendAll().catch(() => {})
      return { synced, frames: () => frames, buffered: () => socket.writableLength }
    }
  }
}
