import { EventEmitter } from 'node:events'
import { createInterface } from 'node:readline'
import type { ChildProcess } from 'node:child_process'
import { startScript } from './children.js'
import { CuttingProxy } from './cutting-proxy.js'
import { once, until } from './waiting.js'

export interface NodeOptions {
  readonly id: string
  readonly members?: readonly string[]
  readonly clusterSize?: number
  readonly tieBreaker?: boolean
  readonly location?: string
}

export interface Looked {
  readonly state: string
  readonly members: readonly string[]
  readonly reachable: number
  readonly needed: number
  readonly epoch: number
  readonly queued: number
  readonly values: readonly string[]
}

/** What a call came to; `gone`: the process ended before it was answered. */
export type CallResult = { readonly result: unknown } | { readonly code: string, readonly message: string } | 'gone'

interface Said { readonly event?: string, readonly detail?: unknown, readonly n?: number, readonly result?: unknown, readonly code?: string, readonly message?: string }

const script = new URL('../pipe/set-node.script.ts', import.meta.url)
const limitMs = 60_000

/** A member in a process of its own. */
export class SetProcess {
  readonly id: string
  port = 0
  state = 'forming'
  readonly events: string[] = []
  readonly told = new EventEmitter()
  readonly #child: ChildProcess
  readonly #calls = new Map<number, (result: CallResult) => void>()
  #n = 0

  constructor (options: NodeOptions) {
    this.id = options.id
    this.#child = startScript(script, [JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
    // What is written to a process that was killed is lost.
    this.#child.stdin?.on('error', () => {})
    createInterface(this.#child.stdout!).on('line', line => { this.#hear(JSON.parse(line) as Said) })
    this.#child.once('exit', () => {
      for (const settle of this.#calls.values()) settle('gone')
      this.#calls.clear()
    })
  }

  #hear ({ event, detail, n, result, code, message = '' }: Said): void {
    if (n !== undefined) {
      this.#calls.get(n)?.(code === undefined ? { result } : { code, message })
      this.#calls.delete(n)
      return
    }
    if (event === 'listening') this.port = detail as number
    if (event === 'ready') this.state = 'ready'
    if (event === 'halt') this.state = 'halted'
    this.events.push(typeof detail === 'string' ? `${event} ${detail}` : String(event))
    this.told.emit('said')
  }

  get isUp (): boolean { return this.#child.exitCode === null && this.#child.signalCode === null }

  until (condition: () => boolean): Promise<void> { return until(condition, [this.told], ['said'], limitMs) }

  #ask (command: object): Promise<CallResult> {
    const n = ++this.#n
    return new Promise(resolve => {
      if (!this.isUp) { resolve('gone'); return }
      this.#calls.set(n, resolve)
      this.#child.stdin?.write(`${JSON.stringify({ ...command, n })}\n`)
    })
  }

  call (kind: 'add' | 'rem' | 'has' | 'holder', element: string, options: { token?: string, timeout?: number } = {}): Promise<CallResult> {
    return this.#ask({ do: 'call', kind, element, options })
  }

  /** Changes the members. */
  change (kind: 'grow' | 'shrink' | 'replace', ...ids: readonly string[]): Promise<CallResult> { return this.#ask({ do: 'change', kind, ids }) }

  async look (): Promise<Looked> {
    const looked = await this.#ask({ do: 'look' })
    if (looked === 'gone' || 'code' in looked) throw new Error(`${this.id} does not answer`)
    return looked.result as Looked
  }

  dial (port: number): void { this.#child.stdin?.write(`${JSON.stringify({ do: 'dial', port })}\n`) }

  signal (signal: NodeJS.Signals): void { this.#child.kill(signal) }

  async kill (): Promise<void> {
    if (!this.isUp) return
    const gone = once(this.#child, 'exit', limitMs)
    this.#child.kill('SIGKILL')
    await gone
  }
}

/** Members as processes, connected over lines that can be cut. */
export class SetCluster {
  readonly nodes = new Map<string, SetProcess>()
  /** Tells `began` when a member has started. */
  readonly told = new EventEmitter()
  isEnded = false
  readonly #options = new Map<string, NodeOptions>()
  readonly #lines = new Map<string, CuttingProxy>()
  readonly #pairs: Array<readonly [string, string]>

  private constructor (options: readonly NodeOptions[], pairs: ReadonlyArray<readonly [string, string]>) {
    for (const one of options) this.#options.set(one.id, one)
    this.#pairs = [...pairs]
  }

  /** Starts them all, each connected with each unless pairs are named. */
  static async start (options: readonly NodeOptions[], pairs?: ReadonlyArray<readonly [string, string]>): Promise<SetCluster> {
    const all = options.flatMap(({ id }, i) => options.slice(i + 1).map(other => [id, other.id] as const))
    const cluster = new SetCluster(options, pairs ?? all)
    await Promise.all(options.map(({ id }) => cluster.#spawn(id)))
    for (const pair of cluster.#pairs) await cluster.#connect(pair, pair[0])
    return cluster
  }

  get (id: string): SetProcess {
    const node = this.nodes.get(id)
    if (node === undefined) throw new RangeError(`there is no node ${id}`)
    return node
  }

  /** Starts another one, and connects it with all. */
  async enter (options: NodeOptions): Promise<SetProcess> {
    const { id } = options
    this.#options.set(id, options)
    this.#pairs.push(...[...this.nodes.keys()].map(other => [other, id] as const))
    return await this.begin(id)
  }

  /** Starts a member anew, and connects it with those who are there. */
  async begin (id: string): Promise<SetProcess> {
    const node = await this.#spawn(id)
    for (const pair of this.#pairs) if (pair.includes(id)) await this.#connect(pair, id)
    return node
  }

  async #spawn (id: string): Promise<SetProcess> {
    const node = new SetProcess(this.#options.get(id) ?? { id })
    await node.until(() => node.port !== 0)
    this.nodes.set(id, node)
    this.told.emit('began')
    return node
  }

  /** Those who run; where nobody does, it waits for one, or for the end. `ids`: of these. */
  async up (ids?: readonly string[]): Promise<SetProcess[]> {
    const running = (): SetProcess[] => [...this.nodes.values()].filter(({ id, isUp }) => isUp && ids?.includes(id) !== false)
    await until(() => running().length > 0 || this.isEnded, [this.told], ['began', 'ended'], limitMs)
    return running()
  }

  /** The first of a pair dials the second, over a line of their own; a line that is there leads to where the second is now. */
  async #connect ([from, to]: readonly [string, string], begun: string): Promise<void> {
    const [dialer, target] = [this.get(from), this.get(to)]
    const key = `${from} ${to}`
    const known = this.#lines.get(key)
    const line = known ?? await CuttingProxy.to(target.port)
    this.#lines.set(key, line)
    line.turn(target.port)
    if (known === undefined || begun === from) dialer.dial(line.port)
  }

  /** Cuts every line between members of different groups. */
  part (...groups: ReadonlyArray<readonly string[]>): void {
    const groupOf = (id: string): number => groups.findIndex(group => group.includes(id))
    for (const [key, line] of this.#lines) {
      const [a = '', b = ''] = key.split(' ')
      if (groupOf(a) !== groupOf(b)) line.cut()
    }
  }

  heal (): void { for (const line of this.#lines.values()) line.mend() }

  async untilState (state: string, ...ids: string[]): Promise<void> {
    for (const id of ids) await this.get(id).until(() => this.get(id).state === state)
  }

  async end (): Promise<void> {
    this.isEnded = true
    this.told.emit('ended')
    await Promise.all([...this.nodes.values()].map(node => node.kill()))
    await Promise.all([...this.#lines.values()].map(line => line.close()))
  }
}

/** Runs with a cluster, and ends all its processes whatever comes. */
export async function withCluster (options: readonly NodeOptions[], act: (cluster: SetCluster) => Promise<void>, pairs?: ReadonlyArray<readonly [string, string]>): Promise<void> {
  const cluster = await SetCluster.start(options, pairs)
  try {
    await act(cluster)
  } finally {
    await cluster.end()
  }
}
