import type { Facts } from './facts.js'
import type { Hearing } from './hearing.js'
import { judge, judgeAt } from './member.js'
import type { JudgeOptions, MemberRecord, MemberStatus } from './member.js'
import type { Verdict } from './roster.js'
import { viewOf } from './view.js'

export interface StandingOptions {
  readonly suspectMs: number
  readonly retentionMs: number
}

/** How often those who are gone are looked for, within the time that they are kept. */
const sweepsPerRetention = 24
/** A member is asked for another life once in so long at most. */
const summonsMs = 5_000

/** What each member is taken for, and what follows from that. */
export class Standing {
  readonly #options: StandingOptions
  readonly #facts: Facts
  readonly #hearing: Hearing
  /** Members who may become suspect or dead by the passing of time alone. */
  readonly #fading = new Set<MemberRecord>()
  /** Put out for good, and who said so. */
  readonly #evicted = new Map<string, { by: string, epoch: string }>()
  /** Until when nobody is given up: this process slept, and must hear first what it missed. */
  doubtUntil = -Infinity
  #sweepAt: number
  /** Members who have just become suspect. */
  #lost: MemberRecord[] = []

  constructor (options: StandingOptions, facts: Facts, hearing: Hearing) {
    this.#options = options
    this.#facts = facts
    this.#hearing = hearing
    this.#sweepAt = facts.now.monotonic + options.retentionMs / sweepsPerRetention
  }

  isEvicted (id: string): boolean { return this.#evicted.has(id) }

  get deadline (): number {
    let at = this.#facts.roster.size > 1 ? this.#sweepAt : Infinity
    for (const record of this.#fading) at = Math.min(at, judgeAt(record, this.#times) ?? Infinity)
    return at
  }

  get #times (): JudgeOptions { return { suspectMs: this.#options.suspectMs, doubtUntil: this.doubtUntil } }

  // Judging

  /** Judges everyone of whom something changed. */
  settle (): void {
    const { touched, graph } = this.#facts.roster
    for (const id of graph.takeChanged()) touched.add(id)
    for (const { id } of this.#fading) touched.add(id)
    for (const [id, epoch] of this.#facts.roster.takeUnknown()) this.#facts.recall(id, epoch)
    const reached = graph.reached()
    for (const id of touched) {
      const record = this.#facts.roster.get(id)
      if (record === this.#facts.self) this.#judgeSelf(record)
      else if (record !== undefined) this.#judge(record, reached.has(id))
      this.#hearing.compare(id)
    }
    touched.clear()
    if (this.#lost.length > 0) this.#hearing.seek(this.#lost.splice(0))
  }

  #judgeSelf (self: MemberRecord): void {
    if (self.hasLeft && self.status === 'alive') self.become('left', 'it left', this.#facts.now.wall)
  }

  #judge (record: MemberRecord, isReached: boolean): void {
    if (isReached && !record.isIntroduced) {
      this.#summon(record)
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
      this.#facts.tell({ kind: 'restart', member: viewOf(record) })
      this.#inheritEvictions(record.id)
    }
    if (judgement !== undefined) this.#become(record, judgement.status, judgement.why)
    if (judgeAt(record, this.#times) === undefined) this.#fading.delete(record)
    else this.#fading.add(record)
  }

  /** However often it begins another life: nobody is kept busy by one who can't introduce itself. */
  #summon (record: MemberRecord): void {
    const { monotonic } = this.#facts.now
    if (monotonic < record.summonedAt + summonsMs) return
    record.summonedAt = monotonic
    this.#facts.summon(record)
  }

  #become (record: MemberRecord, status: MemberStatus, why: string): void {
    const before = record.status
    if (!record.become(status, why, this.#facts.now.wall)) return
    record.touchedAt = this.#facts.now.monotonic
    if (record === this.#facts.self) return
    this.#facts.tell({ kind: before === undefined ? 'join' : eventOf[status], member: viewOf(record) })
    if (status === 'suspect') this.#lost.push(record)
    if (status === 'dead' || status === 'left') this.#inheritEvictions(record.id)
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

  /** What was put out stays out when whoever said so is gone, or remembers nothing: the first by name of those who are here says it again. */
  #inheritEvictions (by: string): void {
    if (this.#evicted.size === 0) return
    const [heir] = [...this.#facts.roster.graph.reached()].filter(id => id !== by).sort()
    for (const [id, eviction] of this.#evicted) {
      if (eviction.by !== by || heir === undefined) continue
      eviction.by = heir
      if (heir === this.#facts.id) this.#facts.write('x', id, [eviction.epoch, true])
    }
  }

  // Forgetting

  /** Forgets those who were gone for the retention. */
  sweep (): void {
    const { monotonic } = this.#facts.now
    if (monotonic < this.#sweepAt) return
    const { retentionMs } = this.#options
    this.#sweepAt = monotonic + retentionMs / sweepsPerRetention
    const reached = this.#facts.roster.graph.reached()
    const gone = [...this.#facts.roster].filter(({ id, status, touchedAt }) => (
      monotonic - touchedAt >= retentionMs && !reached.has(id) && status !== 'alive' && status !== 'suspect'
    ))
    if (gone.length === 0) return
    this.#facts.reap(gone)
    for (const record of gone) {
      this.#fading.delete(record)
      this.#hearing.forget(record.id, record.epoch)
      if (!this.isEvicted(record.id)) this.#facts.retract('x', record.id)
    }
  }
}

const eventOf = { alive: 'alive', suspect: 'suspect', dead: 'dead', left: 'leave', evicted: 'evict' } as const
