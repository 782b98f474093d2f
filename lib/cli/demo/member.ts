import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import type { Duplex, Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Certificate } from '../certificate.js'
import { readRows, writeRows } from './channel.js'
import { readRow } from './rows.js'
import type { Command, Over, Report, Row } from './rows.js'

/** How a node fits in: its name, how it is reached, and whom it connects to by itself. */
export interface Plan {
  readonly id: string
  readonly over: Over
  readonly dials: readonly string[]
}

export interface MemberEvents {
  readonly onRow: (member: Member, row: Row) => void
  /** `wanted`: we ended it ourselves. */
  readonly onExit: (member: Member, exit: { readonly wanted: boolean, readonly how: string }) => void
}

const endMs = 3000
/** How much of what a node writes to standard error is kept, to say why it ended. */
const errorChars = 2000

/** One node as the demo sees it: a child process that may be killed and started again. */
export class Member {
  readonly plan: Plan
  readonly #certificate: Certificate
  readonly #events: MemberEvents
  #child: ChildProcess | undefined
  #send: (row: object) => void = () => {}
  #isWanted = false
  /** Where it takes connections, once it does. */
  port: number | undefined
  report: Report | undefined

  constructor (plan: Plan, certificate: Certificate, events: MemberEvents) {
    this.plan = plan
    this.#certificate = certificate
    this.#events = events
  }

  get id (): string { return this.plan.id }
  get pid (): number | undefined { return this.#child?.pid }
  get isUp (): boolean { return this.#child !== undefined }
  get isReady (): boolean { return this.port !== undefined }
  /** Its standard input and output, where they carry replication. */
  get stdio (): { readonly stdin: Writable, readonly stdout: Readable } | undefined {
    const { stdin = null, stdout = null } = this.#child ?? {}
    return stdin === null || stdout === null ? undefined : { stdin, stdout }
  }

  start (): void {
    if (this.#child !== undefined) return
    const pipes = this.plan.over === 'stdio' ? 'pipe' : 'ignore'
    const child = spawn(process.execPath, [...process.execArgv, beside('node')], { stdio: [pipes, pipes, 'pipe', 'pipe'] })
    this.#child = child
    this.#isWanted = false
    let complaint = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { complaint = (complaint + text).slice(-errorChars) })
    const channel = child.stdio[3] as Duplex
    this.#send = writeRows(channel)
    readRows(channel, row => {
      const read = readRow(row)
      if (read !== undefined && this.#child === child) this.#take(read)
    }, () => {
      // It is gone or speaks nonsense: either way no use is left in it.
      if (this.#child === child) child.kill('SIGKILL')
    })
    const exited = (how: string): void => { if (this.#child === child) this.#exited(how, complaint) }
    child.once('error', error => { exited(error.message) })
    child.once('exit', (code, signal) => { exited(signal ?? `exit code ${code}`) })
    const { id, over } = this.plan
    this.send({ do: 'start', id, over, ...this.#certificate })
  }

  #take (row: Row): void {
    if (row.is === 'ready') this.port = row.port
    if (row.is === 'report') this.report = row
    this.#events.onRow(this, row)
  }

  #exited (how: string, complaint: string): void {
    this.#child = undefined
    this.#send = () => {}
    this.port = undefined
    this.report = undefined
    const reason = complaint.split('\n').find(line => /Error/.test(line))
    this.#events.onExit(this, { wanted: this.#isWanted, how: reason === undefined ? how : `${how}, ${reason.trim()}` })
  }

  send (command: Command): void { this.#send(command) }

  /** As a crash would: no goodbye. */
  kill (): void {
    this.#isWanted = true
    this.#child?.kill('SIGKILL')
  }

  /** Asks it to end, and resolves once it has; one that does not in time is killed. */
  async end (): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#isWanted = true
    this.send({ do: 'end' })
    await new Promise<void>(resolve => {
      const limit = setTimeout(() => { child.kill('SIGKILL') }, endMs)
      child.once('exit', () => {
        clearTimeout(limit)
        resolve()
      })
    })
  }
}

/** A module beside this one, from the sources or the build alike. */
function beside (name: string): string {
  return fileURLToPath(new URL(name + extname(import.meta.url), import.meta.url))
}
