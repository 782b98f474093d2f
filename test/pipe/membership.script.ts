import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Membership } from '../../lib/index.js'

// A member with the default times, run by membership.test.ts: it says what it sees, each line with the time, and dials the
// ports that it reads.

const [id = '', host = ''] = process.argv.slice(2)
const members = new Membership({ id })

const say = (text: string): void => { process.stdout.write(`${Date.now()} ${text}\n`) }
const take = (socket: Socket): void => { socket.pipe(members.createStream()).pipe(socket) }

for (const event of ['join', 'alive', 'suspect', 'dead', 'restart', 'leave'] as const) {
  members.on(event, member => { say(`${event} ${member.id}`) })
}
members.on('error', error => { say(`error ${error.code}`) })

const server = createServer(take).listen(0, host, () => { say(`listening ${(server.address() as AddressInfo).port}`) })
createInterface(process.stdin).on('line', port => { take(connect(Number(port), host)) }).on('close', () => { process.exit() })
setInterval(() => { say('tick') }, 250)
