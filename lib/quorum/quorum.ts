import type { Core, Effects, Link, Message, Peer, StoredRecord, Traffic } from '../core.js'
import { assert } from '../ground/assert.js'
import type { Now } from '../ground/clock.js'
import type { ErrorCode } from '../ground/errors.js'
import { randomId } from '../ground/ids.js'
import { Acceptor } from './acceptor.js'
import type { Shown } from './acceptor.js'
import type { Speaking } from './calling.js'
import { Calls } from './calls.js'
import type { MemberChange } from './changing.js'
import { isConfigurationBody } from './configuration-messages.js'
import { Configuring } from './configuring.js'
import type { Sender } from './envelope.js'
import type { OperationKind } from './execute.js'
import { Keeping } from './keeping.js'
import type { Body } from './messages.js'
import { Presence } from './presence.js'
import type { QuorumEvent, QuorumOptions } from './quorum-options.js'
import { Relay } from './relay.js'
import { Released } from './released.js'
import { restoreElements, shownChanges } from './restoring.js'
import { Roles } from './roles.js'
import { Speaker } from './speaker.js'
import { standingOf, stateOf, statsOf } from './standing.js'
import type { QuorumStats, Standing } from './standing.js'
import type { Means, Run } from './succeeding.js'
import { View } from './view.js'

export type { QuorumEvent, QuorumOptions } from './quorum-options.js'

/** So many messages wait for a node to begin; all that is asked is asked again. */
const mostEarly = 1_000
/** While anything is owed, time is looked at so often, in milliseconds. */
const busyMs = 10

/**
 * The core of ConsistentSet. `docs/quorum.md` has the protocol and why it is linearizable. `configuring.ts` knows who counts, `roles.ts` is what
 * a member is while a configuration lasts; here they meet with the host's contract.
 *
 * Lamport, *Paxos Made Simple*; Rystsov, *CASPaxos*; Skrzypczak et al., *RMWPaxos*; Lee et al., *RIFL*; Gifford, *Weighted Voting*.
 */
export class Quorum implements Core<QuorumEvent> {
  readonly acceptor = new Acceptor()
  readonly view = new View()
  configuring: Configuring
  readonly #options: QuorumOptions
  #relay: Relay
  readonly #keeping: Keeping
  readonly #speaker: Speaker
  readonly #released = new Released()
  readonly #calls = new Calls()
  #roles: Roles | undefined
  #presence: Presence
  #isReady = false
  /** What this node says to itself. */
  #inbox: Body[] = []
  /** What came before this node could take part. */
  readonly #early: Array<{ readonly sender: Sender, readonly body: Body }> = []
  #events: QuorumEvent[] = []
  #now: Now
  #tickAt: number | undefined

  constructor (options: QuorumOptions, now: Now) {
    const { persistent } = options
    this.#options = options
    this.#now = now
    this.#keeping = new Keeping(persistent)
    this.#speaker = new Speaker(options, this.#keeping)
    this.#relay = this.#newRelay()
    this.#presence = new Presence(this.id, this.#relay)
    this.configuring = this.#newConfiguring(options.clusterSize)
    if (!persistent) this.configuring.start([], this.#run)
  }

  #newRelay (): Relay { return new Relay({ ...this.#options, id: this.id, admits: (id, store) => this.configuring.identity.admits(id, store) }) }

  #newConfiguring (clusterSize: number | undefined): Configuring {
    return new Configuring({
      ...this.#options,
      id: this.id,
      clusterSize,
      boot: randomId(this.#options.random),
      ...this.#means,
      adopted: isNew => { this.#adopted(isNew) },
      confirmed: () => { this.#keeping.isCounting = true; this.#begin() },
      refused: code => { this.#refused(code) },
      changed: (n, code) => { this.#events.push({ kind: 'changed', n, code }) },
      isEmpty: () => this.acceptor.lanes.size === 0
    }, this.#run)
  }

  get id (): string { return this.#speaker.id }
  /** Drawn when this store was born. */
  get epoch (): string { return this.#speaker.store }
  get incarnation (): number { return this.#speaker.incarnation }
  get state (): Standing['state'] { return stateOf(this.configuring, this.#isReady) }
  get standing (): Standing {
    return standingOf(this.configuring, this.#isReady, this.#presence.size(this.#neighbours, this.#now.monotonic), this.#calls.size)
  }

  /** How many members there are, or are to be; undefined: nobody has said. */
  get wanted (): number | undefined { return this.configuring.members.length || this.configuring.formation.size || undefined }

  /** Plain counters. */
  stats (): QuorumStats { return statsOf(this.view, this.acceptor, this.#roles, this.#relay) }

  get #hasBegun (): boolean { return this.#speaker.hasBegun }
  get #run (): Run { return { store: this.epoch, incarnation: this.incarnation, nowMs: this.#now.monotonic } }

  // What the user does

  /** A call takes effect after all earlier ones of this node on the element; the event `done` says what came of it. */
  call (kind: OperationKind, element: string, token: string, now: Now): { n: number, effects: Effects<QuorumEvent> } {
    this.#now = now
    const { n, line } = this.#calls.add(element, kind, token)
    if (this.configuring.refusal !== undefined) this.#failAll(this.configuring.refusal)
    else this.#roles?.calling.flush(line, this.#speaking)
    return { n, effects: this.#settle() }
  }

  /** Nobody waits for a call any more. @returns whether it may still take effect; undefined: it is done */
  abandon (n: number, now: Now): { fate: 'ABORTED' | 'OUTCOME_UNKNOWN' | undefined, effects: Effects<QuorumEvent> } {
    this.#now = now
    return { fate: this.#calls.abandon(n), effects: this.#settle() }
  }

  /** How many members there are to be. It may be said until that is settled. */
  clusterSize (size: number, now: Now): Effects<QuorumEvent> {
    this.#now = now
    if (this.configuring.configuration === undefined) this.configuring.resize(size, this.#run)
    return this.#settle()
  }

  /** Changes the members; the event `changed` says when that is done. Changes that were asked for here are made one after another. */
  change (change: MemberChange, now: Now): { n: number, effects: Effects<QuorumEvent> } {
    this.#now = now
    return { n: this.configuring.change(change, this.#run), effects: this.#settle() }
  }

  // The contract

  open (link: Link, peer: Peer, now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#relay.open(link, peer.id, peer.epoch)
    if (this.#hasBegun) this.configuring.met(this.#run)
    return this.#settle()
  }

  receive (link: Link, message: Message, now: Now): Effects<QuorumEvent> {
    this.#now = now
    const arrival = this.#relay.receive(link, message)
    if (arrival !== undefined) for (const body of arrival.bodies) this.#hear(arrival.sender, body)
    return this.#settle()
  }

  close (link: Link, now: Now): Effects<QuorumEvent> {
    this.#now = now
    const before = this.#neighbours
    this.#relay.close(link)
    this.#presence.lose(before, this.#neighbours, now.monotonic)
    return this.#settle()
  }

  tick (now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#tickAt = undefined
    const silent = this.#presence.toPing(this.#neighbours, now.monotonic)
    for (const to of silent) this.#send(to, { type: 'ping' }, true)
    if (silent.length > 0 && this.#hasBegun) this.configuring.met(this.#run)
    if (this.#hasBegun) {
      if (this.configuring.mayVote) this.#roles?.tick(this.#speaking)
      this.configuring.tick(this.#roles?.owning, this.#roles?.routes, this.#run)
    }
    return this.#settle()
  }

  persisted (sequence: number, now: Now): Effects<QuorumEvent> {
    this.#now = now
    const hadBegun = this.#hasBegun
    this.#keeping.persisted(sequence)
    if (!hadBegun && this.#hasBegun) this.#begin()
    return this.#settle()
  }

  pull (link: Link): Message | undefined { return this.#relay.pull(link) }
  deadline (): number | undefined { return this.#tickAt }
  isSynced (link: Link): boolean { return (this.#relay.links.get(link)?.queue.length ?? 0) === 0 }
  traffic (link: Link): Traffic { return this.#relay.traffic(link) }

  restore (records: readonly StoredRecord[], now: Now): Effects<QuorumEvent> {
    this.#now = now
    this.#keeping.restore(records)
    const self = restoreElements(this.#options.id, records, this.acceptor, this.view)
    const isAnother = self !== undefined && self.id !== this.id
    this.#speaker.restore(self, last => this.nextIncarnation(last))
    if (isAnother) {
      this.#relay = this.#newRelay()
      this.#presence = new Presence(this.id, this.#relay)
      this.configuring = this.#newConfiguring(this.configuring.formation.size)
    }
    this.configuring.start(records, this.#run)
    return this.#settle()
  }

  seal (): Effects<QuorumEvent> {
    this.#keeping.keep(shownChanges(this.acceptor, this.view))
    return this.#effects()
  }

  check (): void {
    this.acceptor.check()
    this.#roles?.owning.check()
    this.#calls.check()
    assert(this.#keeping.durable === Infinity || this.#keeping.durable <= this.#keeping.sequence, 'nothing is durable that was not changed')
  }

  /** A process never speaks under an incarnation that another has spoken under: so no term is used twice. */
  nextIncarnation (last: number): number { return last + 1 }

  // Below

  /** Another configuration: whatever was under way in the one before is at an end, here as with all others who adopt it. */
  #adopted (isNew: boolean): void {
    const { id, configuring: { system, configuration, members, epoch } } = this
    const { random, patienceMs } = this.#options
    if (isNew) this.#speaker.enter(epoch)
    this.#inbox = []
    this.#keeping.drop()
    this.#released.members = new Set(system!.members)
    this.#presence.count(system!)
    this.#roles = new Roles({
      id,
      system: system!,
      acceptor: this.acceptor,
      calls: this.#calls,
      released: this.#released,
      random,
      patienceMs,
      isJoint: configuration!.next !== undefined,
      routes: this.#roles?.routes,
      goneMs: id => this.#presence.goneMs(id, this.#neighbours, this.#now.monotonic),
      ...this.#means,
      show: shown => { this.#show(shown) },
      purged: element => { this.view.purge(element) },
      answer: done => { for (const { n, answer } of done) this.#events.push({ kind: 'done', n, answer }) }
    })
    this.#events.push({ kind: 'members', members, epoch })
    this.#begin()
  }

  get #means (): Means {
    return {
      send: (to, body, wide) => { this.#send(to, body, wide) },
      keep: changes => { this.#keeping.keep(changes) },
      hold: (to, body) => { this.#keeping.hold(to, body) }
    }
  }

  #begin (): void {
    if (!this.#hasBegun) return
    if (this.configuring.mayVote) {
      this.#roles?.begin(this.#speaking)
      for (const { sender, body } of this.#early.splice(0)) this.#hear(sender, body)
    } else this.configuring.met(this.#run)
  }

  #refused (code: ErrorCode): void {
    this.#events.push({ kind: 'refused', code })
    if (code !== 'CLUSTER_MISMATCH') this.#failAll(code)
  }

  #failAll (code: ErrorCode): void {
    for (const { n, mayTakeEffect } of this.#calls.failAll()) this.#events.push({ kind: 'fail', n, code: mayTakeEffect ? 'OUTCOME_UNKNOWN' : code })
  }

  get #neighbours (): ReadonlySet<string> { return this.#presence.neighbours(this.configuring.identity) }

  get #speaking (): Speaking { return { incarnation: this.incarnation, nowMs: this.#now.monotonic, maySend: this.#isReady && this.#hasBegun } }

  get #sender (): Sender {
    const { origin, epoch } = this.configuring
    return { origin, epoch, from: this.id, store: this.epoch, incarnation: this.incarnation, released: this.#calls.released, changes: this.#keeping.durableCount }
  }

  #send (to: string, body: Body, wide: boolean): void {
    if (to === this.id) this.#inbox.push(body)
    // Before it is durable who this is, nobody may hear of it: they would bind a store that may never have been.
    else if (this.#hasBegun) this.#relay.send(to, body, this.#sender, wide)
  }

  #hear (sender: Sender, body: Body): void {
    const { from, incarnation, released } = sender
    if (isConfigurationBody(body)) { this.configuring.handle(sender, body, this.#run); return }
    if (!this.configuring.admits(sender, this.#run)) return
    this.#presence.hear(from, this.#now.monotonic)
    this.#released.hear(from, incarnation, released)
    // Before its own incarnation is durable, and others have confirmed who it is, a node takes part in nothing.
    if (this.#hasBegun && this.configuring.mayVote) this.#roles?.handle(from, incarnation, body, this.#speaking)
    else if (this.#early.length < mostEarly) this.#early.push({ sender, body })
  }

  #show (shown: Shown): void {
    if (this.view.show(shown)) this.#events.push({ kind: shown.present ? 'add' : 'rem', element: shown.element })
  }

  #settle (): Effects<QuorumEvent> {
    do {
      if (this.#keeping.isDue) for (const { to, body } of this.#keeping.release()) this.#send(to, body, isToStranger(body))
      if (this.#inbox.length > 0) for (const body of this.#inbox.splice(0)) this.#hear(this.#sender, body)
      this.#released.hear(this.id, this.incarnation, this.#calls.released)
      if (this.#hasBegun) this.#roles?.owning.pump(this.#speaking)
    } while (this.#inbox.length > 0 || this.#keeping.isDue)
    const isReady = this.configuring.mayVote && this.#presence.isQuorum(this.#neighbours, this.#now.monotonic)
    if (isReady === this.#isReady) return this.#effects()
    this.#isReady = isReady
    this.#events.push({ kind: isReady ? 'ready' : 'halt' })
    if (isReady) this.#roles?.ready(this.#speaking)
    return this.#settle()
  }

  #effects (): Effects<QuorumEvent> {
    this.#setDeadline()
    const events = this.#events
    this.#events = []
    return { changes: this.#keeping.take(), sequence: this.#keeping.sequence, events, wake: this.#relay.takeWake() }
  }

  #setDeadline (): void {
    const roles = this.#hasBegun && this.configuring.mayVote ? this.#roles : undefined
    const isBusy = roles !== undefined && (roles.owning.isBusy || (this.#isReady && this.#calls.size > 0))
    const at = Math.min(
      isBusy ? this.#now.monotonic + busyMs : Infinity,
      this.#tickAt ?? Infinity,
      this.#presence.deadline(this.#neighbours),
      this.#hasBegun ? this.configuring.deadline() ?? Infinity : Infinity,
      roles?.deadline ?? Infinity
    )
    this.#tickAt = at === Infinity ? undefined : at
  }
}

/** Whoever is refused speaks for the id of another, to whom the straight way leads. */
function isToStranger (body: Body): boolean { return body.type === 'greeted' && body.isRefused }
