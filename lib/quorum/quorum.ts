import type { Change, Core, Effects, Link, Message, Peer, StoredRecord, Traffic } from '../core.js'
import { assert } from '../ground/assert.js'
import type { Now } from '../ground/clock.js'
import { TendrilError } from '../ground/errors.js'
import { randomId } from '../ground/ids.js'
import { Acceptor } from './acceptor.js'
import type { Acceptance } from './acceptor.js'
import type { Answer } from './cells.js'
import { Calling } from './calling.js'
import type { OperationKind } from './execute.js'
import { Holding } from './holding.js'
import type { Body } from './messages.js'
import { Owning } from './owning.js'
import { Reach } from './reach.js'
import { cellChange, readStored, selfChange } from './records.js'
import { Relay } from './relay.js'
import type { Received, Sender } from './relay.js'
import { Released } from './released.js'
import { Routes } from './routes.js'
import { StoreDigest } from './store-digest.js'
import type { Configuration } from './systems.js'
import { Tending } from './tending.js'
import { ownerOf } from './terms.js'
import { View } from './view.js'

export interface QuorumOptions {
  readonly id: string
  readonly configuration: Configuration
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number
  /** Whether the host has storage: then nothing is said before it is durable. Without it, a node that restarts is a new node. */
  readonly persistent: boolean
  /** How long an owner may be silent at least before another takes its place, in milliseconds. */
  readonly patienceMs: number
  /** The neighbour that is next on the way to a member, where somebody knows. */
  readonly nextHop?: (to: string) => string | undefined
}

export type QuorumEvent =
  | { readonly kind: 'done', readonly n: number, readonly answer: Answer }
  | { readonly kind: 'add' | 'rem', readonly element: string }
  | { readonly kind: 'ready' | 'halt' }

/** So many messages wait for a node to begin; all that is asked is asked again. */
const mostEarly = 1_000
/** While anything is owed, time is looked at so often, in milliseconds. */
const busyMs = 10

/**
 * The core of ConsistentSet: every member is acceptor, may own lanes, and takes calls. `docs/quorum.md` has the protocol and why it is
 * linearizable; `acceptor.ts`, `owner.ts` and `reading.ts` are its three roles, each without time; here they meet.
 *
 * Lamport, *Paxos Made Simple*; Rystsov, *CASPaxos*; Skrzypczak et al., *RMWPaxos*; Lee et al., *RIFL*; Gifford, *Weighted Voting*.
 */
export class Quorum implements Core<QuorumEvent> {
  readonly id: string
  readonly acceptor = new Acceptor()
  readonly view = new View()
  readonly #options: QuorumOptions
  readonly #relay: Relay
  readonly #reach: Reach
  readonly #holding: Holding
  readonly #released = new Released()
  /** Of what is stored; undefined without storage. */
  readonly #digest: StoreDigest | undefined
  readonly #calling: Calling
  readonly #owning: Owning
  readonly #tending: Tending
  /** What this node says to itself. */
  readonly #inbox: Body[] = []
  /** What came before this node could take part. */
  readonly #early: Array<Pick<Received, 'from' | 'incarnation' | 'body'>> = []
  #epoch: string
  #incarnation: number
  /** Once this is durable, nobody else has ever spoken under this incarnation. */
  #beganAt = 0
  #sequence = 0
  #changes: Change[] = []
  #events: QuorumEvent[] = []
  #now: Now
  #tickAt: number | undefined

  constructor (options: QuorumOptions, now: Now) {
    const { id, configuration, random, persistent, patienceMs, nextHop } = options
    this.id = id
    this.#options = options
    this.#now = now
    this.#epoch = randomId(random)
    // Without storage nothing of an earlier run is remembered here, but others may remember it.
    this.#incarnation = persistent ? 0 : Math.floor(random() * 2 ** 40) + 1
    this.#beganAt = persistent ? Infinity : 0
    this.#digest = persistent ? new StoreDigest() : undefined
    this.#relay = new Relay({ id, epoch: configuration.epoch, nextHop })
    this.#reach = new Reach(id, configuration.system)
    this.#holding = new Holding(persistent ? 0 : Infinity)
    const routes = new Routes(configuration.system.members, patienceMs)
    const send = (to: string, body: Body, wide: boolean): void => { this.#send(to, body, wide) }
    this.#owning = new Owning({ id, system: configuration.system, routes, released: this.#released, send })
    this.#tending = new Tending({ id, acceptor: this.acceptor, routes, owning: this.#owning, random, send })
    this.#calling = new Calling({ id, system: configuration.system, routes, random, send, owning: this.#owning })
  }

  get epoch (): string { return this.#epoch }
  get incarnation (): number { return this.#incarnation }
  get isReady (): boolean { return this.#reach.isReady && this.#hasBegun }
  /** Whether the members are known, and enough of them can be reached. */
  get state (): 'forming' | 'ready' | 'halted' { return this.#reach.isReady ? 'ready' : 'halted' }
  get configuration (): Configuration { return this.#options.configuration }
  /** Calls that are not answered. */
  get queued (): number { return this.#calling.calls.size }
  /** The members that can be reached, this one included. */
  get reachable (): string[] { return this.#reach.members(this.#relay.neighbours, this.#now.monotonic) }

  /** Plain counters. */
  stats (): { elements: number, tombstones: number, lanes: number, messagesOut: number, messagesIn: number } {
    const { sent: messagesOut, received: messagesIn } = this.#relay
    return { elements: this.view.elements.size, tombstones: this.acceptor.tombstones, lanes: this.#owning.owners.size, messagesOut, messagesIn }
  }

  get #hasBegun (): boolean { return this.#holding.durable >= this.#beganAt }

  // What the user does

  /** A call takes effect after all earlier ones of this node on the element; the event `done` says what came of it. */
  call (kind: OperationKind, element: string, token: string, now: Now): { n: number, effects: Effects<QuorumEvent> } {
    this.#now = now
    const { n, line } = this.#calling.calls.add(element, kind, token)
    this.#calling.flush(line, this.#speaking)
    return { n, effects: this.#settle() }
  }

  /** Nobody waits for a call any more. @returns whether it may still take effect; undefined: it is done */
  abandon (n: number, now: Now): { fate: 'ABORTED' | 'OUTCOME_UNKNOWN' | undefined, effects: Effects<QuorumEvent> } {
    this.#now = now
    return { fate: this.#calling.calls.abandon(n), effects: this.#settle() }
  }

  // The contract

  open (link: Link, peer: Peer, now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#relay.open(link, peer.id)
    return this.#settle()
  }

  receive (link: Link, message: Message, now: Now): Effects<QuorumEvent> {
    this.#now = now
    const received = this.#relay.receive(link, message)
    if (received !== undefined && this.#options.configuration.system.members.includes(received.from)) this.#hear(received)
    return this.#settle()
  }

  close (link: Link, now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#relay.close(link)
    return this.#settle()
  }

  tick (now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#tickAt = undefined
    for (const to of this.#reach.toPing(this.#relay.neighbours, now.monotonic)) this.#send(to, { type: 'ping' }, true)
    if (this.#hasBegun) {
      this.#owning.tick(now.monotonic)
      this.#tending.tick(now.monotonic, this.isReady)
      this.#calling.tick(this.#speaking)
    }
    return this.#settle()
  }

  persisted (sequence: number, now: Now): Effects<QuorumEvent> {
    this.#now = now
    const hadBegun = this.#hasBegun
    this.#holding.durable = Math.max(this.#holding.durable, sequence)
    if (!hadBegun && this.#hasBegun) this.#resume()
    return this.#settle()
  }

  pull (link: Link): Message | undefined { return this.#relay.pull(link) }

  deadline (): number | undefined { return this.#tickAt }

  isSynced (link: Link): boolean { return (this.#relay.links.get(link)?.queue.length ?? 0) === 0 }

  traffic (link: Link): Traffic {
    const { sent = 0, received = 0 } = this.#relay.links.get(link) ?? {}
    return { entriesIn: received, entriesOut: sent, duplicates: 0 }
  }

  restore (records: readonly StoredRecord[], now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#digest?.restore(records)
    const { self, lanes, cells } = readStored(records)
    if (self !== undefined && self.id !== this.id) throw new TendrilError('STORAGE_FAILED', `storage is that of '${self.id}', not of '${this.id}'`)
    this.acceptor.restore(lanes, cells)
    for (const { lane, promised } of lanes) this.#owning.hear(lane, promised)
    for (const { element, stamp, cell, committed, shown } of cells) {
      if (committed) this.view.show({ element, stamp, present: cell.present })
      else if (shown !== '') this.view.show({ element, stamp: shown, present: true })
    }
    this.#epoch = self?.epoch ?? this.#epoch
    this.#incarnation = this.nextIncarnation(self?.incarnation ?? 0)
    this.#keep([selfChange({ id: this.id, epoch: this.#epoch, incarnation: this.#incarnation })])
    this.#beganAt = this.#sequence
    return this.#settle()
  }

  /** What is shown is known as committed: a node that is closed in order shows the same when it starts again. */
  seal (): Effects<QuorumEvent> {
    for (const { pending } of this.acceptor.lanes.values()) {
      for (const held of pending.values()) if (this.view.shows(held)) this.#keep([cellChange({ ...held, committed: true })])
    }
    return this.#effects()
  }

  check (): void {
    this.acceptor.check()
    this.#owning.check()
    this.#calling.calls.check()
    assert(this.#holding.durable === Infinity || this.#holding.durable <= this.#sequence, 'nothing is durable that was not changed')
  }

  /** A process never speaks under an incarnation that another has spoken under: so no term is used twice. */
  nextIncarnation (last: number): number { return last + 1 }

  // Below

  /** The lanes that it owned when it went down may have changes that nobody was told of: it takes them up again. */
  #resume (): void {
    for (const { lane, promised, cells } of this.acceptor.lanes.values()) {
      if (cells.size > 0 && ownerOf(promised) === this.id) this.#owning.claim(lane)
    }
    this.#tending.hasten(this.#now.monotonic)
    this.#calling.flushAll(this.#speaking)
    for (const { from, incarnation, body } of this.#early.splice(0)) this.#handle(from, incarnation, body)
  }

  get #speaking (): { readonly incarnation: number, readonly nowMs: number, readonly maySend: boolean } {
    return { incarnation: this.#incarnation, nowMs: this.#now.monotonic, maySend: this.isReady }
  }

  get #sender (): Sender { return { from: this.id, incarnation: this.#incarnation, released: this.#calling.calls.released } }

  #send (to: string, body: Body, wide: boolean): void {
    if (to === this.id) this.#inbox.push(body)
    else this.#relay.send(to, body, this.#sender, wide)
  }

  #hear ({ from, incarnation, released, body }: Received): void {
    this.#reach.hear(from, this.#now.monotonic)
    this.#released.hear(from, incarnation, released)
    // Before its own incarnation is durable a node takes part in nothing.
    if (this.#hasBegun) this.#handle(from, incarnation, body)
    else if (this.#early.length < mostEarly) this.#early.push({ from, incarnation, body })
  }

  #handle (from: string, incarnation: number, body: Body): void {
    switch (body.type) {
      case 'prepare':
        this.#owning.hear(body.lane, body.term)
        this.#accepted(from, this.acceptor.prepare(body.lane, body.term, body.cursor))
        break
      case 'accept':
        this.#accepted(from, this.acceptor.accept(body))
        if (this.#owning.hear(body.lane, body.term) || body.round === 1) this.#calling.turn(body.lane, this.#speaking)
        break
      case 'read': this.#accepted(from, this.acceptor.read(body, body.element)); break
      case 'repair': this.#accepted(from, this.acceptor.repair(body, body.element, body.stamped)); break
      case 'promise': case 'ack': this.#owning.hearAcceptor(from, body); break
      case 'refuse': case 'redirect':
        if (this.#owning.hear(body.lane, body.term)) this.#calling.turn(body.lane, this.#speaking)
        break
      case 'tend':
        this.#owning.hear(body.lane, body.term)
        this.#owning.tend(from, body.lane, body.term)
        break
      case 'owned': this.#tending.owned(body.lane, body.term, this.#now.monotonic); break
      case 'forward': this.#owning.forward({ id: from, incarnation }, body); break
      case 'answer': case 'value': this.#answered(from, body); break
      case 'ping': this.#send(from, { type: 'pong' }, true); break
      case 'pong': break
    }
  }

  #accepted (to: string, { reply, changes, shown, purged }: Acceptance): void {
    this.#keep(changes)
    if (changes.length > 0) this.#tending.wake(this.#now.monotonic)
    this.#holding.hold(this.#sequence, { to, body: reply })
    for (const one of shown) if (this.view.show(one)) this.#events.push({ kind: one.present ? 'add' : 'rem', element: one.element })
    for (const element of purged) this.view.purge(element)
  }

  #answered (from: string, body: Body & { readonly type: 'answer' | 'value' }): void {
    if (body.incarnation !== this.#incarnation) return
    const { done, shown } = body.type === 'answer' ? this.#calling.answered(body, this.#speaking) : this.#calling.valued(from, body, this.#speaking)
    for (const one of shown) {
      if (this.acceptor.lane(one.lane).isBelowFloor(one.stamp)) continue
      if (this.view.show(one)) this.#events.push({ kind: one.present ? 'add' : 'rem', element: one.element })
    }
    for (const { n, answer } of done) this.#events.push({ kind: 'done', n, answer })
  }

  #keep (changes: readonly Change[]): void {
    if (changes.length === 0) return
    for (const change of changes) {
      this.#changes.push(change)
      this.#digest?.apply(change)
    }
    this.#sequence++
  }

  #settle (): Effects<QuorumEvent> {
    do {
      for (const { to, body } of this.#holding.release()) this.#send(to, body, false)
      for (const body of this.#inbox.splice(0)) this.#handle(this.id, this.#incarnation, body)
      this.#released.hear(this.id, this.#incarnation, this.#calling.calls.released)
      if (this.#hasBegun) this.#owning.pump(this.#speaking)
    } while (this.#inbox.length > 0)
    if (this.#reach.look(this.#relay.neighbours, this.#now.monotonic)) {
      this.#events.push({ kind: this.#reach.isReady ? 'ready' : 'halt' })
      if (this.#reach.isReady) {
        if (this.#hasBegun) this.#tending.hasten(this.#now.monotonic)
        this.#calling.flushAll(this.#speaking)
      }
      return this.#settle()
    }
    this.#setDeadline()
    return this.#effects()
  }

  #effects (): Effects<QuorumEvent> {
    if (this.#digest !== undefined && this.#changes.length > 0) this.#changes.push(this.#digest.record)
    const effects = { changes: this.#changes, sequence: this.#sequence, events: this.#events, wake: this.#relay.takeWake() }
    this.#changes = []
    this.#events = []
    return effects
  }

  #setDeadline (): void {
    const isBusy = this.#hasBegun && (this.#owning.isBusy || (this.#reach.isReady && this.#calling.calls.size > 0))
    const pingAt = this.#reach.deadline(this.#relay.neighbours)
    const busyAt = isBusy ? this.#now.monotonic + busyMs : Infinity
    const at = Math.min(this.#tickAt ?? Infinity, busyAt, pingAt ?? Infinity, this.#owning.askAt ?? Infinity, this.#tending.at ?? Infinity)
    this.#tickAt = at === Infinity ? undefined : at
  }
}
