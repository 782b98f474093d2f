import { assert } from '../ground/assert.js'
import type { Now } from '../ground/clock.js'
import type { Change, Effects, Link, StoredRecord } from '../core.js'
import type { Value } from '../ground/values.js'
import { Births } from '../gossip/births.js'
import { Gossip } from '../gossip/gossip.js'
import type { GossipOptions } from '../gossip/gossip.js'
import type { GossipEvent } from '../gossip/outbox.js'
import type { Source } from '../gossip/source.js'
import type { MemberEvent } from './events.js'
import { Inspector } from './inspect.js'
import type { MemberRecord } from './member.js'
import { Roster } from './roster.js'
import type { Verdict } from './roster.js'
import { readSlot, slotKey, slotKeyOf, slotOverhead } from './slots.js'
import type { SlotKind } from './slots.js'
import { mention } from './view.js'

export interface FactsOptions extends Omit<GossipOptions, 'onLife' | 'births' | 'rename' | 'inspect' | 'maxContext' | 'contextRoom'> {
  readonly address: string | undefined
  readonly facts: ReadonlyMap<string, Value>
}

/** Another life of the own id, later than the own one. */
export interface Usurper {
  readonly epoch: string
  /** When it was last seen to be one, on the monotonic clock. */
  at: number
}

/**
 * What members say of themselves, this one among them: the gossip core, and the roster that is made of what it tells. It
 * gathers the effects of a call.
 */
export class Facts {
  readonly #options: FactsOptions
  readonly #onVerdict: (verdict: Verdict) => void
  readonly gossip: Gossip
  readonly births: Births
  readonly inspector: Inspector
  #roster: Roster | undefined
  now: Now
  usurper: Usurper | undefined
  #isRenewing = false
  #isRefused = false
  isLoading: boolean

  #changes: Change[] = []
  #wake: Link[] = []
  #events: MemberEvent[] = []

  constructor (options: FactsOptions, now: Now, onVerdict: (verdict: Verdict) => void) {
    this.#options = options
    this.#onVerdict = onVerdict
    this.now = now
    this.isLoading = options.persistent
    this.births = new Births(options.random, options.acceptedSkewMs, now)
    this.inspector = new Inspector(this.births)
    this.gossip = new Gossip({
      ...options,
      maxKeyBytes: options.maxKeyBytes + slotOverhead,
      maxContext: 0,
      contextRoom: 0,
      onLife: source => { this.#born(source) },
      rename: slotKeyOf,
      births: this.births,
      inspect: (message, at) => this.inspector.inspect(message, at)
    }, now)
    this.#introduce()
  }

  get id (): string { return this.gossip.id }
  get epoch (): string { return this.gossip.epoch }
  /** Whether this node was told to stop. */
  get isRefused (): boolean { return this.#isRefused }

  get roster (): Roster {
    assert(this.#roster !== undefined, 'the own source is the first of which the gossip core tells')
    return this.#roster
  }

  get self (): MemberRecord { return this.roster.self }

  // Saying

  /** What a member says at its start is news to others, not to itself. Its introduction comes last: who has that has all. */
  #introduce (): void {
    const told = this.#events.length
    for (const [key, value] of this.#options.facts) this.write('f', key, value)
    this.write('m', '', this.#options.address ?? null)
    this.#events.length = told
  }

  #introduceAgain (): void { this.take(this.gossip.repeat(slotKey(this.id, 'm'), this.now)) }

  /** Says something in a slot of this member's. One that was told to stop says nothing more. */
  write (kind: SlotKind, name: string, value: Value): void {
    if (this.#isRefused) return
    this.take(this.gossip.set(slotKey(this.id, kind, name), value, undefined, this.now).effects)
  }

  /** Takes back what was said. */
  retract (kind: SlotKind, name: string): void {
    this.take(this.gossip.delete(slotKey(this.id, kind, name), this.now)?.effects)
  }

  /** Begins another life, later than any that was heard of under this id. What this node says is that life's from now on. */
  renew (): void {
    if (this.#isRefused) return
    this.#isRenewing = true
    this.take(this.gossip.renew(this.now))
    this.#introduceAgain()
    this.#isRenewing = false
    this.usurper = undefined
  }

  // Learning

  /** A life of an id counts from now on. */
  #born (source: Source): void {
    if (this.#roster === undefined) this.#roster = new Roster(source.id, source.epoch, this.now)
    else if (source.id !== this.#roster.self.id || this.#isRenewing) this.#live(source)
    else if (!this.#isRefused) this.usurper = { epoch: source.epoch, at: this.now.monotonic }
  }

  /** Of those of whom only digests tell, which are as many as a peer likes, there is no record. */
  #live ({ id, epoch }: Source): void {
    if (this.roster.isSpokenOf(id)) this.roster.live(id, epoch, this.now)
  }

  /** Takes over what the gossip core wants done, and learns from what it tells. */
  take (effects: Effects<GossipEvent> | undefined): void {
    if (effects === undefined) return
    for (const change of effects.changes) this.#changes.push(change)
    for (const link of effects.wake) this.#wake.push(link)
    for (const event of effects.events) {
      if (event.kind === 'acknowledged') { this.tell(event); continue }
      const { kind, entry, value } = event
      const learned = this.roster.learn(entry, value, this.now)
      if (learned?.what === 'verdict') this.#onVerdict(learned)
      // What a life says whose beginning is still to be told comes with that.
      else if (learned?.member.status !== undefined && !learned.member.hasRestarted) {
        this.tell({ kind, member: mention(learned.member), key: learned.key, value: kind === 'expire' ? learned.before : value })
      }
    }
  }

  /** Somebody speaks of a life of a member of whom nothing is known: if that is one that was reaped here, it is known again. */
  recall (id: string, epoch: string): void {
    const { lives, sources } = this.gossip.replica
    const name = `${id}@${epoch}`
    if (this.roster.get(id) !== undefined) return
    const source = lives.current(id) ?? (sources.isRetired(name) ? sources.get(name) : undefined)
    if (source !== undefined && this.roster.get(id) === undefined) this.roster.live(id, source.epoch, this.now)
  }

  /**
   * A member is reached that has not introduced itself. If its digest is covered, what it said was dropped when it was
   * reaped here, and will not come again: it is asked for another life, in which all it says is new to everybody.
   * @returns whether it was
   */
  summon ({ id, epoch }: MemberRecord): boolean {
    const source = this.gossip.replica.lives.current(id)
    if (source === undefined || source.version === 0) return false
    this.write('x', id, [epoch, false])
    return true
  }

  /**
   * The clock has stepped back: lives that can't have begun yet were told by those whose clocks are wrong as well. Whoever is
   * known in no other one is known no more.
   */
  disown (): void {
    for (const source of this.gossip.disown(this.now)) this.#born(source)
    const gone = [...this.roster].filter(({ epoch }) => !this.births.isPossible(epoch, this.now))
    this.reap(gone.filter(record => record !== this.self))
    if (this.usurper !== undefined && !this.births.isPossible(this.usurper.epoch, this.now)) this.usurper = undefined
  }

  /** Forgets members. */
  reap (records: readonly MemberRecord[]): void {
    const names = new Set(records.map(({ id, epoch }) => `${id}@${epoch}`))
    for (const record of records) {
      if (record.status !== undefined) this.tell({ kind: 'reap', member: mention(record) })
      this.roster.remove(record)
    }
    this.take(this.gossip.drop(source => names.has(source.name)))
  }

  // Storage

  restore (records: readonly StoredRecord[]): void {
    const early = this.gossip.replica
    this.isLoading = false
    // What was gathered before belongs to a life that storage is to know nothing of, or comes with these effects.
    this.#changes = []
    const effects = this.gossip.restore(records, this.now)
    if (this.gossip.replica !== early) this.#rebuild()
    this.take(effects)
  }

  /**
   * Storage was read: all is learned anew. Of what this node said in its last life, facts and evictions stand; what it has
   * said since its start is written on top of that already.
   */
  #rebuild (): void {
    const { replica } = this.gossip
    this.#roster = new Roster(replica.own.id, replica.own.epoch, this.now)
    this.usurper = undefined
    for (const source of replica.sources) if (!source.isOutlived && source !== replica.own) this.#born(source)
    for (const entry of replica.visible()) {
      const learned = this.roster.learn(entry, entry.value, this.now)
      if (learned?.what === 'verdict') this.#onVerdict(learned)
    }
    for (const { key, value } of [...replica.visible()]) {
      const slot = readSlot(key)
      if (slot?.id !== this.id) continue
      const isStanding = slot.kind === 'f' || slot.kind === 'm' || (slot.kind === 'x' && Array.isArray(value) && value[1] === true)
      if (!isStanding) this.retract(slot.kind, slot.name)
    }
    this.#introduceAgain()
  }

  // Effects

  tell (event: MemberEvent): void { this.#events.push(event) }

  /** This node is to stop: its id is another one's, or was put out. */
  refuse (code: 'DUPLICATE_ID' | 'EVICTED'): void {
    if (this.#isRefused) return
    this.#isRefused = true
    this.usurper = undefined
    this.tell({ kind: 'refused', code })
  }

  takeEffects (wake: readonly Link[]): Effects<MemberEvent> {
    const effects = {
      changes: this.#changes,
      sequence: this.gossip.replica.sequence.last,
      events: this.#events,
      wake: wake.length === 0 ? this.#wake : [...this.#wake, ...wake]
    }
    this.#changes = []
    this.#events = []
    this.#wake = []
    return effects
  }
}
