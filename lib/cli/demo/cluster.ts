import { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import duplexify from 'duplexify'
import pump from 'pump'
import { selfSigned } from '../certificate.js'
import { Deliveries } from './deliveries.js'
import { Member } from './member.js'
import type { Plan } from './member.js'
import type { Row } from './rows.js'

/** Any of them but `a` may go, and the others stay connected. `a` carries the pipe of `e`, which ends with it. */
const plans: readonly Plan[] = [
  { id: 'a', over: 'tcp', dials: ['d'] },
  { id: 'b', over: 'tcp', dials: ['a'] },
  { id: 'c', over: 'tcp', dials: ['a', 'b', 'd'] },
  { id: 'd', over: 'tls', dials: [] },
  { id: 'e', over: 'stdio', dials: [] }
]
const pipedTo = 'a'

const roundMs = 500
const restartMs = 1000

interface ClusterEvents {
  /** All nodes that are up have reported, or had their time to. */
  round: []
  /** Something that people may like to know happened. */
  event: [text: string]
  saw: []
  content: []
}

/** The five processes: starts them, tells each where the others are, asks them for reports, restarts what fell over. */
export class Cluster extends EventEmitter<ClusterEvents> {
  readonly members: readonly Member[]
  readonly deliveries = new Deliveries()
  readonly contents = new Map<string, ReadonlyMap<string, string>>()
  readonly #startedAt = performance.now()
  #timer: NodeJS.Timeout | undefined
  #isEnding = false
  round = 0

  constructor () {
    super()
    const certificate = selfSigned()
    this.members = plans.map(plan => new Member(plan, certificate, {
      onRow: (member, row) => { this.#take(member, row) },
      onExit: (member, { wanted, how }) => { this.#exited(member, wanted, how) }
    }))
  }

  get seconds (): number { return (performance.now() - this.#startedAt) / 1000 }

  member (id: string): Member {
    const found = this.members.find(member => member.id === id)
    if (found === undefined) throw new Error(`the demo has no node ${id}`)
    return found
  }

  /** Who is which process, in words. */
  processes (): string { return this.up().map(({ id, pid }) => `${id} is ${pid}`).join(', ') }

  up (): Member[] { return this.members.filter(({ isUp }) => isUp) }

  start (): void {
    for (const member of this.members) member.start()
    this.#timer = setInterval(() => { this.#nextRound() }, roundMs)
  }

  #nextRound (): void {
    if (this.round > 0) this.emit('round')
    this.round++
    for (const member of this.members) member.send({ do: 'report', round: this.round })
  }

  // What nodes say

  #take (member: Member, row: Row): void {
    switch (row.is) {
      case 'ready': this.#introduce(member); break
      case 'saw':
        this.deliveries.saw(member.id, row.key, row.local, row.at)
        this.#tellDelivered()
        break
      case 'refused': this.emit('event', `${member.id} refuses ${row.key}: ${row.reason}`); break
      case 'content':
        this.contents.set(member.id, row.entries)
        this.emit('content')
        break
      case 'report':
    }
  }

  /** Tells those who connect to it where it is, and it where those are that it connects to. */
  #introduce (member: Member): void {
    for (const other of this.members) {
      if (other.plan.dials.includes(member.id)) tellOf(member, other)
      if (member.plan.dials.includes(other.id)) tellOf(other, member)
      if (other.plan.over === 'stdio' && (member === other || member.id === pipedTo)) this.#plug(other)
    }
  }

  /** Plugs a child's standard input and output into another node's port, as ssh or socat would: bytes are all it sees. */
  #plug (child: Member): void {
    const { port } = this.member(pipedTo)
    if (child.stdio === undefined || !child.isReady || port === undefined) return
    const { stdin, stdout } = child.stdio
    const socket = connect(port, '127.0.0.1')
    const pipe = duplexify(stdin, stdout, { autoDestroy: true, emitClose: true })
    // If either goes, so does the other; the child then ends, and is started again.
    pump(socket, pipe, socket, () => {})
  }

  // What befalls them

  #exited (member: Member, wanted: boolean, how: string): void {
    for (const other of this.members) {
      const { over } = member.plan
      if (other.plan.dials.includes(member.id)) other.send({ do: 'dial', peer: member.id, over, port: null })
    }
    this.deliveries.left(member.id)
    this.#tellDelivered()
    if (wanted || this.#isEnding) return
    this.emit('event', `${member.id} is gone (${how}); it is started again`)
    setTimeout(() => { if (!this.#isEnding) member.start() }, restartMs)
  }

  kill (member: Member): void {
    this.emit('event', `${member.id}, process ${member.pid}, is killed (SIGKILL)`)
    member.kill()
  }

  revive (member: Member): void {
    if (member.isUp || this.#isEnding) return
    member.start()
    this.emit('event', `${member.id} is started again, as process ${member.pid}, with nothing`)
  }

  /** Sets a key at one node; once all that are up have seen it, an event tells how long that took. */
  set (member: Member, key: string, text: string): void {
    this.emit('event', `${key} = ${text} is set at ${member.id}`)
    this.deliveries.expect(key, this.up().map(({ id }) => id))
    member.send({ do: 'set', key, text })
  }

  #tellDelivered (): void {
    for (const { key, ms, nodes } of this.deliveries.take()) {
      this.emit('event', `${key} was at all ${nodes} after ${ms.toFixed(1)} ms`)
    }
    this.emit('saw')
  }

  /** Ends every process that it started. */
  async end (): Promise<void> {
    this.#isEnding = true
    clearInterval(this.#timer)
    await Promise.all(this.members.map(member => member.end()))
  }
}

function tellOf (member: Member, dialer: Member): void {
  const { id, plan, port } = member
  if (port !== undefined && dialer.isReady) dialer.send({ do: 'dial', peer: id, over: plan.over, port })
}
