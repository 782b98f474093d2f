import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProfile } from './profiler.js'
import { clock, cpu, quantile } from './statistics.js'

export const ids = ['a', 'b', 'c']

/** What is compared with, if it is on this machine: Debian has it as `etcd-server`. */
export const references = spawnSync('etcd', ['--version']).error === undefined ? ['etcd'] : []
export const systems = ['tendril-set', ...references]

/**
 * What a system that agrees has to be able to do to be measured.
 * @typedef Member
 * @property {Promise<unknown>} ready a majority is there
 * @property {(element: string) => Promise<boolean>} add whether it was not there
 * @property {(element: string) => Promise<unknown>} remove
 * @property {(element: string) => Promise<boolean>} has linearizable
 * @property {number} pid the process that is killed where this member is to crash
 * @property {() => Promise<boolean>} leads whether everything waits while this member is gone
 * @property {() => Promise<void>} stop
 */

/** One member of a cluster, its state on disk in a folder of its own. */
export function createMember (create, id) {
  const end = { member: undefined, id }
  let folder
  let cpuBefore = 0
  let stopProfile = async () => {}
  end.stop = async () => {
    await end.member?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  end.commands = {
    port: freePort,
    async start (ports) {
      folder = await mkdtemp(join(tmpdir(), 'tendril-bench-'))
      end.member = await create({ id, ports, folder })
    },
    ready: () => end.member.ready,
    pid: () => end.member.pid,
    leads: () => end.member.leads(),
    async begin () {
      stopProfile = await startProfile(id)
      cpuBefore = cpu()
    },
    async finish () {
      const spent = cpu() - cpuBefore
      await stopProfile()
      return spent
    }
  }
  return end
}

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Starts all members, two ports for each, and waits until they can agree. */
export async function form (ends) {
  const ports = {}
  for (const [i, end] of ends.entries()) ports[ids[i]] = [await end.call('port'), await end.call('port')]
  await Promise.all(ends.map(end => end.call('start', ports)))
  await Promise.all(ends.map(end => end.call('ready')))
}

/**
 * So many callers, each one call after the other, for so long.
 * @param {number} callers
 * @param {number} ms
 * @param {(caller: number, n: number) => Promise<unknown>} act
 * @returns {Promise<{ perSecond: number, p50: number, p99: number, most: number }>} times in milliseconds
 */
export async function load (callers, ms, act) {
  const times = []
  const begin = clock()
  const run = async caller => {
    for (let n = 0; clock() - begin < ms; n++) {
      const start = clock()
      await act(caller, n)
      times.push(clock() - start)
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => run(caller)))
  const seconds = (clock() - begin) / 1000
  return { perSecond: times.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99), most: quantile(times, 1) }
}

/** What all members did together. */
export function together (loads) {
  const sum = loads.reduce((all, { perSecond }) => all + perSecond, 0)
  const mean = name => loads.reduce((all, one) => all + one[name] * one.perSecond, 0) / sum
  return { perSecond: sum, p50: mean('p50'), p99: mean('p99'), most: Math.max(...loads.map(({ most }) => most)) }
}
