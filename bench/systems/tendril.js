import { once } from 'node:events'
import { Model } from 'tendril'

/** @returns {import('../harness/end.js').Replica} */
export function create (id, codec = 'msgpack') {
  const model = new Model({ id })
  return {
    set: (key, value) => { model.set(key, value) },
    together: write => { write() },
    room: () => undefined,
    listen: listener => { model.on('update', (key, value, { local }) => { if (!local) listener(key, value) }) },
    attach: socket => {
      const stream = model.createStream({ codec })
      stream.pipe(socket).pipe(stream)
      return {
        synced: once(stream, 'sync'),
        frames: () => stream.stats().framesOut,
        buffered: () => stream.readableLength + socket.writableLength
      }
    }
  }
}
