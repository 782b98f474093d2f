import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Etcd3 } from 'etcd3'

/**
 * One etcd server of a cluster, as its own process beside this one, and a client of it.
 * @returns {Promise<import('../harness/member.js').Member>}
 */
export async function create ({ id, ports, folder }) {
  const url = port => `http://127.0.0.1:${port}`
  const server = spawn('etcd', [
    '--name', id, '--data-dir', folder, '--logger', 'zap', '--log-level', 'error',
    '--listen-client-urls', url(ports[id][0]), '--advertise-client-urls', url(ports[id][0]),
    '--listen-peer-urls', url(ports[id][1]), '--initial-advertise-peer-urls', url(ports[id][1]),
    '--initial-cluster', Object.entries(ports).map(([name, [, port]]) => `${name}=${url(port)}`).join()
  ], { stdio: 'ignore' })
  const gone = once(server, 'exit')
  process.once('exit', () => { server.kill('SIGKILL') })
  // The client of one server: the others are for the others' callers.
  const client = new Etcd3({ hosts: url(ports[id][0]) })

  return {
    ready: answers(() => client.put('ready').value(id)),
    // What etcd's users write for "put if absent".
    add: async element => {
      const { succeeded } = await client.if(element, 'Create', '==', 0).then(client.put(element).value('')).commit()
      return succeeded
    },
    remove: element => client.delete().key(element),
    has: element => client.get(element).exists(),
    pid: server.pid,
    leads: async () => {
      const { header, leader } = await client.maintenance.status()
      return header.member_id === leader
    },
    stop: async () => {
      client.close()
      server.kill('SIGKILL')
      await gone
    }
  }
}

/** Until the cluster has formed, calls fail. */
async function answers (call) {
  for (;;) {
    try {
      return await call()
    } catch {
      await new Promise(resolve => { setTimeout(resolve, 100) })
    }
  }
}
