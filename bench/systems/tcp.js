/**
 * A connection over which nothing is said: what the measure itself costs.
 * @returns {import('../harness/end.js').Replica}
 */
export function create () {
  return {
    set: () => {},
    together: write => { write() },
    room: () => undefined,
    listen: () => {},
    attach: socket => {
      socket.resume()
      return { synced: Promise.resolve(), frames: () => 0, buffered: () => 0 }
    }
  }
}
