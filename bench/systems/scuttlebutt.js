import { once } from 'node:events'
import Model from 'scuttlebutt/model.js'

/** @returns {import('../harness/end.js').Replica} */
export function create (id) {
  const model = new Model(id)
  return {
    set: (key, value) => { model.set(key, value) },
    together: write => { write() },
    room: () => undefined,
    listen: listener => { model.on('update', ([key, value], time, source) => { if (source !== id) listener(key, value) }) },
    attach: socket => {
      const stream = model.createStream()
      const waiting = stream.inner.buffer
      let written = 0
      stream.on('data', () => { written++ })
      stream.pipe(socket).pipe(stream)
      socket.once('close', () => { stream.destroy() })
      return {
        synced: once(stream, 'sync'),
        frames: () => written + waiting.length,
        buffered: () => socket.writableLength + waiting.reduce((bytes, update) => bytes + JSON.stringify(update).length + 1, 0)
      }
    }
  }
}
