import { turn, wait } from '../harness/end.js'

const writes = 100_000
const slice = 100
const filling = 'x'.repeat(32_768)

export const title = 'A reader that stalls while one key is written 100,000 times'
export const systems = ['tendril', 'tendril-ndjson', 'scuttlebutt', 'yjs', 'framed-msgpack']
export const references = []
export const metrics = [{ name: 'frames' }, { name: 'bytes buffered' }, { name: 'memory growth, bytes' }]

/** What the writes add at the writer once the pipe to the reader is full. */
export async function round (a, b) {
  const port = await a.call('listen')
  await b.call('connect', port)
  await Promise.all([a.call('synced'), b.call('synced')])
  await b.call('stall')
  return a.call('overwrite')
}

export function commands (end) {
  const { replica } = end

  /** Large values until the socket has not taken anything for a while, and then some for whatever buffers before it. */
  async function fillPipe () {
    let i = 0
    const write = () => { replica.set(`filling-${i++}`, filling) }
    do {
      while (!end.socket.writableNeedDrain) {
        write()
        await turn()
      }
      await wait(100)
    } while (!end.socket.writableNeedDrain)
    for (let more = 0; more < 40; more++) {
      write()
      await turn()
    }
    await wait(50)
  }

  async function measure () {
    // What the first collection lets go of outside the heap is gone after the second.
    for (let i = 0; i < 3; i++) {
      globalThis.gc()
      await wait(20)
    }
    const { heapUsed, external } = process.memoryUsage()
    return { frames: end.link.frames(), bytes: end.link.buffered(), memory: heapUsed + external }
  }

  return {
    stall: () => { end.socket.pause() },
    async overwrite () {
      await fillPipe()
      const before = await measure()
      for (let i = 0; i < writes;) {
        const stop = i + slice
        replica.together(() => { for (; i < stop; i++) replica.set('hot', i) })
        await turn()
      }
      await wait(50)
      const after = await measure()
      return {
        frames: after.frames - before.frames,
        'bytes buffered': after.bytes - before.bytes,
        'memory growth, bytes': after.memory - before.memory
      }
    }
  }
}
