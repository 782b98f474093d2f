import type { Facts } from './facts.js'
import type { Hearing } from './hearing.js'
import { Fading } from './fading.js'
import { judge, judgeAt, settleMs } from './member.js'
import type { JudgeOptions, MemberRecord, MemberStatus } from './member.js'
import type { Verdict } from './roster.js'
import { mention } from './view.js'

export interface StandingOptions {
  readonly suspectMs: number
  readonly retentionMs: number
}

/** How often those who are gone are looked for, within the time that they are kept; not more often than that, in milliseconds. */
const sweeps = { perRetention: 24, leastMs: 1_000 }
/** A member is asked for another life once in so long at most. */
const summonsMs = 5_000
/** How long a node waits before it says again who is put out: for each whose name comes before its own, a moment more. */
const patience = { firstMs: 1_000, eachMs: 250, mostMs: 5_000, atOnce: 100 }

/** What each member is taken for, and what follows from that. */
export class Standing {
  readonly #options: StandingOptions
  readonly #facts: Facts
  readonly #hearing: Hearing
  /** Members who may become suspect or dead by the passing of time alone. */
  readonly #fading = new Fading()
  /** Put out for good: who said so first, and of which life. */
  readonly #evicted = new Map<string, { by: string, epoch: string }>()
  /** When this node says itself who is put out, if nobody else does. */
  #upholdAt = Infinity
  /** Until when nobody is given up: this process slept, and must hear first what it missed. */
  #doubtUntil = -Infinity
  /** When it was last known to be awake. */
  #awakeAt = -Infinity
  readonly #sweepMs: number
  #sweepAt: number
  /** Members who have just become suspect. */
  #lost: MemberRecord[] = []

  constructor (options: StandingOptions, facts: Facts, hearing: Hearing) {
    this.#options = options
    this.#facts = facts
    this.#hearing = hearing
    this.#sweepMs = Math.max(options.retentionMs / sweeps.perRetention, sweeps.leastMs)
    this.#sweepAt = facts.now.monotonic + this.#sweepMs
  }

  isEvicted (id: string): boolean { return this.#evicted.has(id) }

  get deadline (): number {
    // In doubt it wakes often, so that the time that it is awake is known.
    const wakeAt = this.#isInDoubt ? this.#awakeAt + settleMs : Infinity
    return Math.min(this.#fading.deadline, wakeAt, this.#upholdAt, this.#facts.roster.size > 1 ? this.#sweepAt : Infinity)
  }

  get #times (): JudgeOptions { return { suspectMs: this.#options.suspectMs, doubtUntil: this.#doubtUntil } }

  /**
   * This process slept: what it missed has that much of its time awake to come, less what was left of that from before. So
   * one that is asleep again and again, and never awake for as long, gives up those who are gone all the same.
   */
  slept (to: number, answerMs: number): void {
    this.#doubtUntil = to + (this.#isInDoubt ? Math.max(this.#doubtUntil - this.#awakeAt, settleMs) : answerMs)
  }

  /** This process is awake. */
  isAwake (at: number): void { this.#awakeAt = at }

  get #isInDoubt (): boolean { return this.#awakeAt < this.#doubtUntil }

  // Judging

  /** Judges everyone of whom something changed. */
  settle (): void {
    const { roster } = this.#facts
    const { touched } = roster
    for (const id of roster.takeChanged()) touched.add(id)
    for (const { id } of this.#fading.take(this.#facts.now.monotonic)) touched.add(id)
    for (const [id, epoch] of roster.takeUnknown()) this.#facts.recall(id, epoch)
    for (const id of touched) {
      const record = roster.get(id)
      if (record === this.#facts.self) this.#judgeSelf(record)
      else if (record !== undefined) this.#judge(record, roster.isReached(id))
      this.#hearing.compare(id)
    }
    touched.clear()
    if (this.#lost.length > 0) this.#hearing.seek(this.#lost.splice(0))
    this.#upholdEvictions()
  }

  #judgeSelf (self: MemberRecord): void {
    if (self.hasLeft && self.status === 'alive') self.become('left', 'it left', this.#facts.now.wall)
  }

  #judge (record: MemberRecord, isReached: boolean): void {
    if (isReached && !record.isIntroduced) {
      this.#fading.set(record, this.#summon(record))
      return
    }
    if (record.status === undefined) {
      const isWelcome = isReached && !record.hasLeft && record.failedBy === undefined && !this.isEvicted(record.id)
      if (isWelcome) this.#become(record, 'alive', 'it is heard')
      return
    }
    const judgement = judge(record, isReached, this.#facts.now.monotonic, this.#times)
    if (record.hasRestarted && isReached) {
      record.hasRestarted = false
      this.#facts.tell({ kind: 'restart', member: mention(record) })
    }
    if (judgement !== undefined) this.#become(record, judgement.status, judgement.why)
    this.#fading.set(record, judgeAt(record, this.#times))
  }

  /**
   * However often it begins another life: nobody is kept busy by one who can't introduce itself.
   * @returns when it may be summoned again, where it was not
   */
  #summon (record: MemberRecord): number | undefined {
    const { monotonic } = this.#facts.now
    if (monotonic < record.summonedAt + summonsMs) return record.summonedAt + summonsMs
    if (this.#facts.summon(record)) record.summonedAt = monotonic
    return undefined
  }

  #become (record: MemberRecord, status: MemberStatus, why: string): void {
    const before = record.status
    if (!record.become(status, why, this.#facts.now.wall)) return
    record.touchedAt = this.#facts.now.monotonic
    this.#facts.roster.verdictsChanged()
    if (record === this.#facts.self) return
    this.#facts.tell({ kind: before === undefined ? 'join' : eventOf[status], member: mention(record) })
    if (status === 'suspect') this.#lost.push(record)
  }

  // Verdicts

  /** Somebody declared a life failed, or put a member out. */
  judgedBy ({ by, id, epoch, forGood }: Verdict): void {
    const record = this.#facts.roster.get(id)
    if (forGood) {
      if (!this.#evicted.has(id)) this.#evicted.set(id, { by, epoch })
      this.#hearing.ask(id)
      if (record === this.#facts.self) this.putOut(`${by} put it out`)
      else if (record?.status !== undefined) this.#become(record, 'evicted', `${by} put it out`)
    } else if (record?.epoch === epoch) {
      if (record === this.#facts.self) this.#hearing.renew()
      else record.failedBy = by
      this.#facts.roster.touched.add(id)
    }
  }

  /** Storage was read: those who were put out are that again, whether anything else is known of them or not. */
  restored (): void {
    const { roster, now } = this.#facts
    for (const [id, { by, epoch }] of this.#evicted) {
      if (roster.get(id) === undefined) roster.live(id, epoch, now)
      roster.get(id)?.become('evicted', `${by} put it out`, now.wall)
    }
  }

  /** This node itself was put out: it stops. */
  putOut (why: string): void {
    this.#facts.self.become('evicted', why, this.#facts.now.wall)
    this.#facts.refuse('EVICTED')
  }

  /**
   * Who was put out stays out: where nobody who is here says so any more, the first of them by name says it again. That one
   * may not know of it, if it came or started anew since: then the next one does, a moment later.
   */
  #upholdEvictions (): void {
    if (this.#evicted.size === 0) return
    const { monotonic } = this.#facts.now
    if (this.#facts.roster.takeVerdictsChanged()) this.#upholdAt = this.#unheld().length === 0 ? Infinity : Math.min(this.#upholdAt, monotonic + this.#patienceMs)
    if (monotonic < this.#upholdAt) return
    const unheld = this.#unheld()
    // A few at a time: of who was put out there are as many as anybody likes to say.
    this.#upholdAt = unheld.length > patience.atOnce ? monotonic + settleMs : Infinity
    for (const id of unheld.slice(0, patience.atOnce)) this.#facts.write('x', id, [this.#evicted.get(id)?.epoch ?? '', true])
  }

  /** Those who were put out, and nobody who is here says so. */
  #unheld (): string[] {
    const upheld = new Set(this.#here().flatMap(({ evicts }) => [...evicts]))
    return [...this.#evicted.keys()].filter(id => !upheld.has(id))
  }

  #here (): MemberRecord[] { return [...this.#facts.roster].filter(({ status }) => status === 'alive' || status === 'suspect') }

  /** How long this node leaves it to others to say that somebody is put out. */
  get #patienceMs (): number {
    const before = this.#here().filter(({ id }) => id < this.#facts.id).length
    return patience.firstMs + Math.min(before * patience.eachMs, patience.mostMs)
  }

  // Forgetting

  /** Forgets those who were gone for the retention. */
  sweep (): void {
    const { monotonic } = this.#facts.now
    if (monotonic < this.#sweepAt) return
    const { retentionMs } = this.#options
    this.#sweepAt = monotonic + this.#sweepMs
    const { roster } = this.#facts
    const gone = [...roster].filter(({ id, status, touchedAt }) => (
      monotonic - touchedAt >= retentionMs && !roster.isReached(id) && status !== 'alive' && status !== 'suspect'
    ))
    if (gone.length === 0) return
    this.#facts.reap(gone)
    for (const record of gone) {
      this.#fading.set(record)
      this.#hearing.forget(record.id, record.epoch)
      if (!this.isEvicted(record.id)) this.#facts.retract('x', record.id)
    }
  }
}

const eventOf = { alive: 'alive', suspect: 'suspect', dead: 'dead', left: 'leave', evicted: 'evict' } as const
