/**
 * One node of the demo, in a process of its own: a replica, its connections, and true readings of itself once a second.
 * It is told what to do on file descriptor 3, and reports there: standard output may carry replication.
 */
import { Socket } from 'node:net'
import { Model } from '../../index.js'
import { readRows, writeRows } from './channel.js'
import { contentOf, hashOf } from './content.js'
import { held, publish, readingPrefix, Readings } from './readings.js'
import type { Command, Report, Row } from './rows.js'
import { Wiring } from './wiring.js'

const readingMs = 1000

class Node {
  readonly #model: Model
  readonly #wiring: Wiring
  readonly #tell: (row: object) => void
  readonly #publishing: NodeJS.Timeout
  readonly #heard = new Set<string>()
  #latencyMs: number | null = null

  constructor ({ id, over, key, cert }: Extract<Command, { do: 'start' }>, tell: (row: object) => void) {
    this.#tell = tell
    this.#model = new Model({ id, cluster: 'demo' })
    this.#wiring = new Wiring(this.#model, { key, cert })
    this.#model.on('update', (changed, value, { local }) => {
      if (!changed.startsWith(readingPrefix)) tell({ is: 'saw', key: changed, local, at: String(process.hrtime.bigint()) })
      else if (!local && typeof value === 'bigint') this.#measure(changed, value)
    })
    const readings = new Readings()
    publish(this.#model, readings)
    this.#publishing = setInterval(() => { publish(this.#model, readings) }, readingMs)
    if (over === 'stdio') {
      this.#wiring.attachStdio(() => { this.end() })
      tell({ is: 'ready', port: 0 } satisfies Row)
    } else {
      this.#wiring.listen(over, port => { tell({ is: 'ready', port } satisfies Row) })
    }
  }

  /** The first reading of a node may be one from before we met it: its age says nothing of the way. */
  #measure (key: string, takenAt: bigint): void {
    const ms = Number(process.hrtime.bigint() - takenAt) / 1e6
    if (this.#heard.has(key)) this.#latencyMs = Math.max(this.#latencyMs ?? 0, ms)
    this.#heard.add(key)
  }

  obey (command: Command): void {
    switch (command.do) {
      case 'start': break
      case 'dial': this.#dial(command); break
      case 'set': this.#set(command.key, command.text); break
      case 'report': this.#tell(this.#report(command.round)); break
      case 'rest': clearInterval(this.#publishing); break
      case 'content': this.#tell({ is: 'content', entries: Object.fromEntries(contentOf(this.#model)) }); break
      case 'end': this.end()
    }
  }

  #dial ({ peer, over, port }: Extract<Command, { do: 'dial' }>): void {
    if (port === null) this.#wiring.hangUp(peer)
    else this.#wiring.dial(peer, { over, port })
  }

  #set (key: string, text: string): void {
    try {
      this.#model.set(key, valueOf(text))
    } catch (error) {
      this.#tell({ is: 'refused', key, reason: error instanceof Error ? error.message : String(error) } satisfies Row)
    }
  }

  #report (round: number): Report {
    const { bytesIn, bytesOut, links } = this.#wiring
    const latencyMs = this.#latencyMs
    this.#latencyMs = null
    const { size } = this.#model
    return { is: 'report', round, keys: size, hash: hashOf(contentOf(this.#model)), links, bytesIn, bytesOut, latencyMs, readings: held(this.#model) }
  }

  /** Says goodbye to all peers, and lets go of all that keeps this process alive. */
  end (): void {
    clearInterval(this.#publishing)
    this.#wiring.close()
    this.#model.close().then(() => process.exit(0), () => process.exit(1))
  }
}

function valueOf (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function main (): void {
  const channel = new Socket({ fd: 3 })
  const tell = writeRows(channel)
  let node: Node | undefined
  // The terminal sends its interrupt to everyone; the demo decides when its nodes end.
  process.on('SIGINT', () => {})
  readRows(channel, row => {
    // The demo started this process and alone holds the other end: its word is taken.
    const command = row as Command
    if (command.do === 'start') node ??= new Node(command, tell)
    else node?.obey(command)
  }, () => {
    // The demo is gone, in whatever way; nobody is left behind.
    if (node === undefined) process.exit(0)
    else node.end()
  })
}

main()
