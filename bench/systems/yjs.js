import { once } from 'node:events'
import * as Y from 'yjs'
import { frame, frameReader } from '../harness/framing.js'

const message = { have: 0, missing: 1, update: 2 }

/**
 * The exchange of y-protocols: each end says what it has, is sent what it lacks, and every update after that.
 * @returns {import('../harness/end.js').Replica}
 */
export function create () {
  const doc = new Y.Doc()
  const map = doc.getMap('map')
  let current
  return {
    set: (key, value) => { map.set(key, value) },
    together: write => { doc.transact(write) },
    room: () => current?.writableNeedDrain === true ? once(current, 'drain') : undefined,
    listen: listener => {
      map.observe(({ keysChanged }, { local }) => {
        if (!local) for (const key of keysChanged) listener(key, map.get(key))
      })
    },
    attach: socket => {
      current = socket
      let frames = 0
      let exchanged = 0
      let done
      const synced = new Promise(resolve => { done = resolve })
      const send = (type, body) => { frames++; socket.write(frame(body, type)) }
      const onUpdate = (update, origin) => { if (origin !== socket) send(message.update, update) }
      const read = frameReader(bytes => {
        const body = bytes.subarray(1)
        if (bytes[0] === message.have) {
          send(message.missing, Y.encodeStateAsUpdate(doc, body))
          doc.on('update', onUpdate)
        } else {
          Y.applyUpdate(doc, body, socket)
        }
        if (bytes[0] !== message.update && ++exchanged === 2) done()
      })
      socket.on('data', read)
      socket.once('close', () => { doc.off('update', onUpdate) })
      send(message.have, Y.encodeStateVector(doc))
      return { synced, frames: () => frames, buffered: () => socket.writableLength }
    }
  }
}
