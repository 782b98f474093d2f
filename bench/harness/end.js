import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { startProfile } from './profiler.js'
import { cpu } from './statistics.js'

/**
 * What a system has to be able to do to be measured.
 * @typedef Replica
 * @property {(key: string, value: unknown) => void} set
 * @property {(write: () => void) => void} together calls `write`, whose sets belong together where the system has such a thing
 * @property {() => Promise<unknown> | undefined} room resolves when more may be written, where the system has back-pressure
 * @property {(listener: (key: string, value: unknown) => void) => void} listen tells of every change that the other end made
 * @property {(socket: import('node:net').Socket) => Link} attach
 *
 * @typedef Link
 * @property {Promise<unknown>} synced both ends hold what the other had
 * @property {() => number} frames how many messages were made for the other end so far
 * @property {() => number} buffered bytes made for the other end that its socket has not taken yet
 */

/**
 * One end: a replica and its connection, with the commands that every measure needs.
 * @param {(id: string) => Replica} create
 * @param {string} id
 */
export function createEnd (create, id) {
  globalThis.gc()
  const heapBefore = process.memoryUsage().heapUsed
  const replica = create(id)
  let cpuBefore = 0
  let stopProfile = async () => {}
  const end = { replica, socket: undefined, link: undefined, heapBefore }

  let isAttached
  /** The one that listens may not have noticed yet that the other has connected. */
  const attached = new Promise(resolve => { isAttached = resolve })

  function attach (socket) {
    socket.setNoDelay(true)
    // A reader that hangs up is part of some measures.
    socket.on('error', () => {})
    end.socket = socket
    end.link = replica.attach(socket)
    end.link.synced.catch(() => {})
    isAttached()
  }

  end.commands = {
    async listen () {
      const server = createServer(attach).listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server.address().port
    },
    async connect (port) {
      const socket = connect(port, '127.0.0.1')
      attach(socket)
      await once(socket, 'connect')
    },
    async synced () {
      await attached
      await end.link.synced
    },
    async fill (keys, kind) {
      const valueOf = values[kind]
      for (let i = 0; i < keys;) {
        const stop = Math.min(keys, i + 100)
        replica.together(() => { for (; i < stop; i++) replica.set(`key-${i}`, valueOf(i)) })
        if (i % 10_000 === 0) await turn()
      }
    },
    /** The stretch to be measured begins. */
    async begin () {
      stopProfile = await startProfile(id)
      cpuBefore = cpu()
    },
    /** It is over. @returns the milliseconds of CPU that it took here */
    async finish () {
      const spent = cpu() - cpuBefore
      await stopProfile()
      return spent
    },
    gc: () => { globalThis.gc() }
  }
  return end
}

/**
 * Runs the stretch of a measure that counts.
 * @template T
 * @param {() => Promise<T>} stretch
 * @returns {Promise<{ result: T, cpu: number }>} `cpu` in milliseconds, of both ends
 */
export async function measured (a, b, stretch) {
  await Promise.all([a.call('begin'), b.call('begin')])
  const result = await stretch()
  const [spentA, spentB] = await Promise.all([a.call('finish'), b.call('finish')])
  return { result, cpu: spentA + spentB }
}

const values = {
  number: i => i,
  object: i => ({ id: i, name: `user ${i}`, active: i % 2 === 0, tags: ['a', 'b'] })
}

/** The next turn of the event loop. */
export function turn () { return new Promise(resolve => { setImmediate(resolve) }) }

/** @param {number} ms */
export function wait (ms) { return new Promise(resolve => { setTimeout(resolve, ms) }) }
