import test from 'tape'
import { EventEmitter } from 'node:events'
import { networkInterfaces } from 'node:os'
import { createInterface } from 'node:readline'
import type { ChildProcess } from 'node:child_process'
import { startScript } from '../support/children.js'
import { once, until } from '../support/waiting.js'

// Members in processes of their own, over TCP, with the default times: killed, stopped for a while, stopped for long.

const script = new URL('membership.script.ts', import.meta.url)
const limitMs = 60_000

interface Line { readonly at: number, readonly text: string }

/** A member in a process of its own, and what it said. */
class Process {
  readonly id: string
  readonly child: ChildProcess
  readonly lines: Line[] = []
  readonly #told = new EventEmitter()

  constructor (id: string, host: string) {
    this.id = id
    this.child = startScript(script, [id, host], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (this.child.stdout === null) throw new Error('it is a pipe')
    createInterface(this.child.stdout).on('line', line => {
      const space = line.indexOf(' ')
      this.lines.push({ at: Number(line.slice(0, space)), text: line.slice(space + 1) })
      this.#told.emit('line')
    })
  }

  /** What it said, but for ticks, from a line on. */
  said (from = 0): string[] { return this.lines.slice(from).map(({ text }) => text).filter(text => text !== 'tick') }

  /** When it first said something, after `from` lines. */
  async when (text: string, from = 0): Promise<number> {
    const find = (): Line | undefined => this.lines.slice(from).find(line => line.text === text)
    await until(() => find() !== undefined, [this.#told], ['line'], limitMs)
    return find()?.at ?? NaN
  }

  /** Waits until it has lived on for so long. */
  async lives (ms: number): Promise<void> {
    const { length } = this.lines
    const ticks = (): number => this.lines.slice(length).filter(({ text }) => text === 'tick').length
    await until(() => ticks() * 250 >= ms, [this.#told], ['line'], limitMs)
  }

  async dial (other: Process): Promise<void> {
    await until(() => other.port !== undefined, [other.#told], ['line'], limitMs)
    this.child.stdin?.write(`${other.port ?? ''}\n`)
  }

  get port (): string | undefined { return this.said().find(text => text.startsWith('listening '))?.slice('listening '.length) }

  async end (): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit', limitMs)
    this.child.kill('SIGKILL')
    await gone
  }
}

/** Starts members, each connected with each, and ends all of them whatever comes. */
async function together (host: string, count: number, act: (all: Process[]) => Promise<void>): Promise<void> {
  const all = Array.from({ length: count }, (_, i) => new Process(`m${i}`, host))
  try {
    for (const [i, one] of all.entries()) for (const other of all.slice(0, i)) await one.dial(other)
    for (const one of all) for (const other of all) if (other !== one) await one.when(`join ${other.id}`)
    await act(all)
  } finally {
    await Promise.all(all.map(one => one.end()))
  }
}

const hasIPv6 = Object.values(networkInterfaces()).some(addresses => addresses?.some(({ address }) => address === '::1'))

/** Kills one, and tells how long the slowest of the others took to say that it is dead. */
async function slowestNews (all: Process[], victim: Process): Promise<number> {
  const others = all.filter(one => one !== victim && one.child.signalCode === null)
  const marks = others.map(({ lines }) => lines.length)
  const killedAt = Date.now()
  victim.child.kill('SIGKILL')
  const news = await Promise.all(others.map((other, i) => other.when(`dead ${victim.id}`, marks[i])))
  return Math.max(...news) - killedAt
}

for (const host of ['127.0.0.1', '::1']) {
  test(`kill -9, and a stop of two seconds, over ${host}`, { timeout: 200_000 }, async t => {
    if (host === '::1' && !hasIPv6) { t.pass('this machine has no IPv6'); return }
    await together(host, 5, async all => {
      const [first, second, ...rest] = all as [Process, Process, ...Process[]]
      await first.lives(1_500)
      second.child.kill('SIGSTOP')
      await first.lives(2_000)
      second.child.kill('SIGCONT')
      await second.lives(4_000)
      await first.lives(1_000)
      t.deepEqual(all.flatMap(one => one.said()).filter(text => text.startsWith('dead')), [], 'who was stopped for two seconds is dead to nobody, nor anybody to it')
      // A machine that is busy just then may delay the news once, but not each time.
      const times: number[] = []
      for (const victim of rest.slice(0, 2)) {
        times.push(await slowestNews(all, victim))
        if ((times.at(-1) ?? 0) < 3_000) break
      }
      t.ok(Math.min(...times) < 3_000, `all others know within 3 s who was killed: ${times.join(', ')} ms`)
      t.deepEqual(all.flatMap(one => one.said()).filter(text => /^(error|restart|leave)/.test(text)), [])
    })
  })
}

test('a stop of twenty seconds: dead to all others, alive again when it goes on, and nobody is dead to it', { timeout: 200_000 }, async t => {
  await together('127.0.0.1', 4, async all => {
    const [first, second, ...rest] = all as [Process, Process, ...Process[]]
    await first.lives(1_500)
    const marks = new Map(all.map(one => [one, one.lines.length]))
    second.child.kill('SIGSTOP')
    await first.lives(20_000)
    for (const other of [first, ...rest]) {
      t.deepEqual(other.said(marks.get(other)), ['suspect m1', 'dead m1'])
      marks.set(other, other.lines.length)
    }
    second.child.kill('SIGCONT')
    for (const other of [first, ...rest]) await other.when('alive m1', marks.get(other))
    await second.lives(4_000)
    await first.lives(1_000)
    for (const other of [first, ...rest]) t.deepEqual(other.said(marks.get(other)), ['alive m1'], 'once')
    t.deepEqual(second.said(marks.get(second)).filter(text => text.startsWith('dead')), [], 'who slept declares nobody dead')
  })
})
