import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const child = fileURLToPath(new URL('child.js', import.meta.url))

/**
 * Starts the ends of a measure, each in a fresh process, and ends them when `play` is done.
 * @param {string} measure
 * @param {string} system
 * @param {readonly string[]} ids
 * @param {(...ends: End[]) => Promise<unknown>} play
 * @param {Record<string, readonly string[]>} flags for node, by the end's id, beside those that every end gets
 */
export async function withEnds (measure, system, ids, play, flags = {}) {
  const ends = ids.map(id => startEnd(measure, system, id, flags[id]))
  try {
    return await Promise.race([play(...ends), ...ends.map(({ died }) => died)])
  } finally {
    await Promise.all(ends.map(end => end.stop()))
  }
}

/**
 * @typedef End
 * @property {(command: string, ...args: unknown[]) => Promise<unknown>} call
 * @property {Promise<never>} died rejects if the process ends before it was told to
 * @property {() => Promise<void>} stop
 * @property {(pid?: number) => void} kill as a crash does it: the end, or a process that the end has started
 */

/** @returns {End} */
function startEnd (measure, system, id, flags = []) {
  const process = fork(child, [measure, system, id], { execArgv: ['--expose-gc', ...flags] })
  const answers = new Map()
  let calls = 0
  process.on('message', ({ call, result, error }) => {
    const answer = answers.get(call)
    answers.delete(call)
    if (error === undefined) answer.resolve(result)
    else answer.reject(new Error(`${measure}, ${system}, end ${id}: ${error}`))
  })
  let stopping = false
  let exited
  const exit = new Promise(resolve => { exited = resolve })
  const died = new Promise((resolve, reject) => {
    process.once('exit', code => {
      exited()
      if (!stopping) reject(new Error(`${measure}, ${system}: end ${id} died with code ${code}`))
    })
  })
  died.catch(() => {})
  return {
    died,
    call: (command, ...args) => new Promise((resolve, reject) => {
      answers.set(++calls, { resolve, reject })
      process.send({ call: calls, command, args })
    }),
    stop: () => {
      stopping = true
      if (process.connected) process.disconnect()
      return exit
    },
    kill: (pid = process.pid) => {
      stopping = true
      globalThis.process.kill(pid, 'SIGKILL')
    }
  }
}
