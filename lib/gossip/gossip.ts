import { assert } from '../ground/assert.js'
import type { Now } from '../ground/clock.js'
import type { Value } from '../ground/values.js'
import type { Core, Effects, Link, Message, Peer, StoredRecord, Traffic } from '../core.js'
import { checkReplica } from './check.js'
import type { Entry } from './entry.js'
import { Forgetting } from './forgetting.js'
import { messageType, readMessage } from './messages.js'
import type { GossipMessage } from './messages.js'
import { Outbox } from './outbox.js'
import type { GossipEvent } from './outbox.js'
import { Peers } from './peers.js'
import { replicaKey, selfRecord } from './records.js'
import type { Resume } from './records.js'
import { beginLife, disown } from './rebirth.js'
import { Replica } from './replica.js'
import type { ReplicaOptions } from './replica.js'
import { rewrite, stored } from './restore.js'
import { Serving } from './serving.js'
import { visible } from './siblings.js'
import type { Source } from './source.js'
import { latestStamp } from './stamp.js'
import { Taking } from './taking.js'

export interface GossipOptions extends ReplicaOptions {
  /** Undefined: the one kept in storage, or a random one. */
  readonly id: string | undefined
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  /** Of how many sources a context may tell and still fit a frame: with more, nobody is waited for who has not passed the entry. */
  readonly contextRoom: number
  /** How many delete records are kept for peers who were away for a while. */
  readonly deletesKept: number
  /** How long a source must have been silent to be retired, in milliseconds. */
  readonly retentionMs: number
  /** Whether every batch survives a loss of power, so that after a crash nothing told can be missing. */
  readonly durable: boolean
  /** Looks at a message that is well formed, before anything of it is applied: what of it is to be taken in. It throws to refuse it. */
  readonly inspect?: (message: GossipMessage, now: Now) => GossipMessage
}

/**
 * The Scuttlebutt core: anti-entropy between replicas of one map, by cursors in logs that run in arrival order.
 * `messages.ts` has the table of messages, `replica.ts` the merge, `serving.ts` and `taking.ts` the two halves of a link.
 *
 * van Renesse et al., *Efficient Reconciliation and Flow Control for Anti-Entropy Protocols*.
 */
export class Gossip implements Core<GossipEvent> {
  readonly #options: GossipOptions
  readonly #links = new Map<Link, LinkState>()
  readonly #peers = new Peers()
  readonly #forgetting: Forgetting
  readonly #outbox = new Outbox()
  #durable: number
  /** The epoch, and the places forgotten up to, when storage was last told. */
  #settled: { readonly own?: Source, readonly floorPosition: number, readonly retiredPosition: number } = { floorPosition: 0, retiredPosition: 0 }
  /** Whether storage is still to be read. */
  #isLoading: boolean
  replica: Replica

  constructor (options: GossipOptions, now: Now) {
    this.#options = options
    this.#durable = options.persistent ? 0 : Infinity
    this.#isLoading = options.persistent
    this.replica = new Replica(options, options.id, now.wall)
    this.#forgetting = new Forgetting(options, now)
  }

  get id (): string { return this.replica.own.id }
  /** What the hello says: another epoch, another history. */
  get epoch (): string { return this.replica.own.epoch }

  // What the user does

  /** @returns the entry that stands now, and the effects; none where an equal value stood already */
  set (key: string, value: Value, ttlMs: number | undefined, now: Now): { entry: Entry, effects: Effects<GossipEvent> | undefined } {
    const held = this.replica.siblings(key)
    const standing = ttlMs === undefined ? this.replica.standing(held, value) : undefined
    if (standing !== undefined) return { entry: standing, effects: undefined }
    return this.#write(key, held, value, ttlMs, now)
  }

  /**
   * Before storage has been read, nobody knows what there is to delete: then a record is made in any case.
   * @returns undefined where nothing is visible under `key`, and so nothing to delete
   */
  delete (key: string, now: Now): { entry: Entry, effects: Effects<GossipEvent> } | undefined {
    const held = this.replica.siblings(key)
    return visible(held) === undefined && !this.#isLoading ? undefined : this.#write(key, held, undefined, undefined, now)
  }

  #write (key: string, held: readonly Entry[], value: Value | undefined, ttlMs: number | undefined, now: Now): Written {
    // Only where something is written: what is written anew has effects of its own, which then go with it.
    const isRestamped = this.replica.restamp(now)
    const entry = this.replica.write(key, isRestamped ? this.replica.siblings(key) : held, value, ttlMs, now)
    this.#outbox.rouseAll()
    this.#forget(now)
    return { entry, effects: this.#effects() }
  }

  /** Writes what stands under a key once more: who has that has all that was written here before. */
  repeat (key: string, now: Now): Effects<GossipEvent> | undefined {
    const held = this.replica.siblings(key)
    const value = visible(held)?.value
    return value === undefined ? undefined : this.#write(key, held, value, undefined, now).effects
  }

  /** How many distinct peers keep everything up to `sequence` of this replica's log. */
  replicas (sequence: number): number {
    return this.#peers.replicas(sequence)
  }

  /** Drops delete records, oldest first, until at most `kept` are left that may be dropped. Right at any time. */
  forgetDeletes (kept: number): Effects<GossipEvent> {
    this.#forgetting.forgetAll(this.replica, this.#servings(), kept)
    this.#settle()
    return this.#effects()
  }

  // Lives, where each source writes only keys of its own

  /** Begins a later life than any that was heard of under this id. What this node wrote is that life's from now on. */
  renew (now: Now): Effects<GossipEvent> {
    const { births } = this.#options
    assert(births !== undefined, 'where there are lives, it is known when they begin')
    beginLife(this.replica, births, now)
    this.#outbox.rouseAll()
    this.#settle()
    return this.#effects()
  }

  /** Forgets lives of others that can't have begun yet: peers may have to tell of them anew. @returns those that count now instead */
  disown (now: Now): Source[] {
    const left = disown(this.replica, epoch => this.#options.births?.isPossible(epoch, now) !== false)
    if (left !== undefined) this.#outbox.keep(...this.#peers.forgetResumes())
    return left ?? []
  }

  /** Drops what sources wrote who are gone for good. Their digest stays: no late relay brings it back. */
  drop (isDropped: (source: Source) => boolean): Effects<GossipEvent> {
    this.replica.drop(isDropped)
    return this.#effects()
  }

  // Storage

  /**
   * Takes up what storage kept. What was written here before is written once more on top of it.
   * The own epoch goes on only if nothing that was told to others can be missing.
   * @throws TendrilError STORAGE_FAILED if a record is corrupt
   */
  restore (records: readonly StoredRecord[], now: Now): Effects<GossipEvent> {
    const early = this.replica
    this.#isLoading = false
    const { replica, resumes } = stored(records, this.#options, now)
    if (replica !== undefined) {
      this.replica = replica
      this.#peers.resumes = resumes
      this.#durable = replica.sequence.last
      rewrite(early, replica, now, this.#options.rename)
    } else if (this.#options.persistent) {
      this.#outbox.keep(...early.records(now))
    }
    this.#noteSelf(this.#options.durable)
    return this.#effects()
  }

  /** The last effects before storage is closed in order: the epoch may go on when it is opened again. */
  seal (): Effects<GossipEvent> {
    this.#noteSelf(true)
    return this.#effects()
  }

  #noteSelf (whole: boolean): void {
    const { own, floorPosition, sources: { retiredPosition }, sequence } = this.replica
    this.#settled = { own, floorPosition, retiredPosition }
    if (!this.#options.persistent) return
    const self = { id: own.id, epoch: own.epoch, whole, floorPosition, retiredPosition, sequence: sequence.last }
    this.#outbox.keep({ key: replicaKey, value: selfRecord(self) })
  }

  // The contract

  open (link: Link, peer: Peer, now: Now): Effects<GossipEvent> {
    if (this.replica.restamp(now)) this.#outbox.rouseAll()
    const serving = peer.sends ? new Serving(this.replica) : undefined
    const taking = peer.receives ? new Taking(this.replica, serving?.skips, peer.epoch, this.#peers.resumes.get(peer.id)) : undefined
    this.#links.set(link, { peer, serving, taking })
    this.#outbox.opened(link)
    return this.#effects()
  }

  receive (link: Link, message: Message, now: Now): Effects<GossipEvent> {
    const state = this.#links.get(link)
    assert(state !== undefined, 'messages come over open links')
    const { maxKeyBytes, maxValueBytes, acceptedSkewMs, onLife, inspect } = this.#options
    const maxStamp = onLife === undefined ? latestStamp(now.wall, acceptedSkewMs) : Infinity
    const whole = readMessage(message, { maxKeyBytes, maxValueBytes, maxStamp })
    const read = inspect?.(whole, now) ?? whole
    const { last } = this.replica.sequence
    if (read.type === 'want' || read.type === 'digest' || read.type === 'ack') this.#toServing(state, read, now)
    else if (state.taking !== undefined) this.#toTaking(link, state.peer, state.taking, read, now)
    this.#outbox.rouse(link)
    if (this.replica.sequence.last > last) this.#outbox.rouseAll()
    return this.#effects()
  }

  close (link: Link): Effects<GossipEvent> {
    const state = this.#links.get(link)
    state?.serving?.release()
    state?.taking?.release()
    this.#links.delete(link)
    this.#outbox.closed(link)
    return this.#effects()
  }

  tick (now: Now): Effects<GossipEvent> {
    this.replica.expire(now)
    this.#forgetting.retire(this.replica, this.#servings(), now)
    this.#forget(now)
    return this.#effects()
  }

  persisted (sequence: number): Effects<GossipEvent> {
    this.#durable = Math.max(this.#durable, sequence)
    this.replica.entries.settle(this.#durable)
    this.replica.sources.log.settle(this.#durable)
    this.#outbox.rouseAll()
    return this.#effects()
  }

  pull (link: Link, maxBytes: number, now: Now): Message | undefined {
    const state = this.#links.get(link)
    if (state === undefined) return undefined
    const message = this.#acknowledgement(state) ?? state.taking?.pull(maxBytes) ?? state.serving?.pull(maxBytes, this.#durable, now)
    if (message === undefined) this.#outbox.slept(link)
    return message
  }

  deadline (): number | undefined {
    const expiry = this.replica.deadline()
    // Alone with itself, a replica has nothing to retire, and no reason to wake.
    return this.replica.sources.size < 2 ? expiry : Math.min(this.#forgetting.retireAt, expiry ?? Infinity)
  }

  check (): void { checkReplica(this.replica) }

  /** Whether both ends hold what the other had when they met, as far as updates may flow between them. */
  isSynced (link: Link, hasLeft: boolean): boolean {
    const state = this.#links.get(link)
    return state !== undefined && state.serving?.isSynced !== false && state.taking?.isSynced(hasLeft) !== false
  }

  /** Whether what the other end had when they met has been taken in, as far as it is to come here. */
  hasTaken (link: Link): boolean { return this.#links.get(link)?.taking?.hasMet !== false }

  traffic (link: Link): Traffic {
    const state = this.#links.get(link)
    return {
      entriesIn: state?.taking?.entriesIn ?? 0,
      entriesOut: state?.serving?.entriesOut ?? 0,
      duplicates: state?.taking?.duplicates ?? 0
    }
  }

  // Messages. One that the link's direction does not allow is idle, as an unknown channel is.

  #toServing ({ peer, serving, taking }: LinkState, message: ToServer, now: Now): void {
    if (serving === undefined) return
    switch (message.type) {
      case 'want': serving.want(message.delivered, message.closed); break
      case 'digest': serving.digest(message.versions, message.last); break
      case 'ack':
        serving.acknowledged = Math.max(serving.acknowledged, Math.min(message.position, this.replica.sequence.last))
        this.#peers.acknowledge(peer.id, serving.acknowledged)
        this.#outbox.tell({ kind: 'acknowledged' })
        if (taking !== undefined) {
          taking.passed(message.delivered, message.closed)
          this.#noteResume(peer, taking.resume)
        }
        this.#forget(now)
    }
  }

  #toTaking (link: Link, peer: Peer, taking: Taking, message: ToTaker, now: Now): void {
    switch (message.type) {
      case 'ask': taking.ask(); return
      case 'join': taking.beginJoin(); return
      case 'delta': taking.delta(message, now); break
      case 'mark': if (taking.mark(message, now)) this.#floorsRose(link); break
      case 'joined': if (taking.joined(message, now)) this.#floorsRose(link)
    }
    this.#noteResume(peer, taking.resume)
    this.#forget(now)
  }

  #noteResume (peer: Peer, resume: Resume): void {
    const changes = this.#peers.resume(peer.id, resume)
    if (this.#options.persistent) this.#outbox.keep(...changes)
  }

  #acknowledgement ({ serving, taking }: LinkState): Message | undefined {
    const position = taking?.takeAcknowledgement(this.#durable)
    if (position === undefined) return undefined
    const own = serving?.skipToEnd(this.#durable)
    return [messageType.ack, position, own?.delivered ?? 0, own?.closed ?? 0]
  }

  // Forgetting

  #forget (now: Now): void {
    this.#forgetting.forget(this.replica, this.#servings(), now)
    this.#settle()
  }

  /** A full join from `link` has shown what the others may lack: whether they do must be asked. */
  #floorsRose (link: Link): void {
    this.replica.closeBehind()
    for (const [other, { serving }] of this.#links) if (other !== link) serving?.floorsRose()
    this.#settle()
  }

  * #servings (): Generator<Serving, void, undefined> {
    for (const { serving } of this.#links.values()) if (serving !== undefined) yield serving
  }

  /** Storage must know from where on nobody can go on, and under which epoch this node does. */
  #settle (): void {
    const { own, floorPosition, sources: { retiredPosition } } = this.replica
    const known = this.#settled
    if (own === known.own && floorPosition === known.floorPosition && retiredPosition === known.retiredPosition) return
    this.#outbox.rouseAll()
    this.#noteSelf(this.#options.durable)
  }

  #effects (): Effects<GossipEvent> { return this.#outbox.effects(this.replica) }
}

/** One session: who is at the other end, and the two directions, each there if updates may flow that way. */
interface LinkState {
  readonly peer: Peer
  readonly serving: Serving | undefined
  readonly taking: Taking | undefined
}

interface Written { readonly entry: Entry, readonly effects: Effects<GossipEvent> }

type ToServer = Extract<GossipMessage, { type: 'want' | 'digest' | 'ack' }>
type ToTaker = Exclude<GossipMessage, ToServer>
