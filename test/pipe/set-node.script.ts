import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { ClassicLevel } from 'classic-level'
import { ConsistentSet } from '../../lib/index.js'
import type { ConsistentSetOptions } from '../../lib/index.js'

// One member of a ConsistentSet as a process, driven over standard input and output in JSON lines by set-processes.ts.

const { location, ...options } = JSON.parse(process.argv[2] ?? '{}') as ConsistentSetOptions & { location?: string }
const set = new ConsistentSet(location === undefined ? options : { ...options, storage: new ClassicLevel(location) })

type Command =
  | { readonly do: 'dial', readonly port: number }
  | { readonly do: 'call', readonly n: number, readonly kind: 'add' | 'rem' | 'has' | 'holder', readonly element: string, readonly options: { token?: string, timeout?: number } }
  | { readonly do: 'change', readonly n: number, readonly kind: 'grow' | 'shrink' | 'replace', readonly ids: readonly [string, string] }
  | { readonly do: 'look', readonly n: number }

const say = (line: object): void => { process.stdout.write(`${JSON.stringify(line)}\n`) }
const take = (socket: Socket): void => { socket.pipe(set.createStream()).pipe(socket) }

/** Dials again and again, whenever there is no connection. */
function dial (port: number): void {
  const socket = connect(port, '127.0.0.1')
  take(socket)
  socket.on('close', () => { setTimeout(() => { dial(port) }, 20 + Math.random() * 30) })
}

function call (command: Extract<Command, { do: 'call' }>): Promise<unknown> {
  const { kind, element, options } = command
  switch (kind) {
    case 'add': return set.add(element, options)
    case 'rem': return set.rem(element, options)
    case 'has': return set.has(element, options)
    case 'holder': return set.holder(element, options)
  }
}

function change ({ kind, ids: [id, other] }: Extract<Command, { do: 'change' }>): Promise<unknown> {
  return kind === 'replace' ? set.replace(id, other) : kind === 'grow' ? set.grow(id) : set.shrink(id)
}

function answer (n: number, promise: Promise<unknown>): void {
  promise.then(result => { say({ n, result }) }, (error: { code?: unknown, message: string }) => { say({ n, code: error.code, message: error.message }) })
}

function obey (command: Command): void {
  switch (command.do) {
    case 'dial': dial(command.port); break
    case 'call': answer(command.n, call(command)); break
    case 'change': answer(command.n, change(command)); break
    case 'look': say({ n: command.n, result: { ...set.status(), values: [...set.values()].sort() } })
  }
}

for (const event of ['ready', 'halt', 'add', 'rem', 'members'] as const) set.on(event, (detail?: unknown) => { say({ event, detail }) })
set.on('error', error => { say({ event: 'error', detail: error.code }) })

await set.ready()
const server = createServer(take).listen(0, '127.0.0.1', () => {
  say({ event: 'listening', detail: (server.address() as AddressInfo).port })
  createInterface(process.stdin).on('line', line => { obey(JSON.parse(line) as Command) }).on('close', () => { process.exit() })
})
