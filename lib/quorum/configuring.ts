import type { StoredRecord } from '../core.js'
import type { ErrorCode } from '../ground/errors.js'
import type { MemberChange } from './changing.js'
import { idsOf, sealed, storeOf, systemOf } from './configuration.js'
import type { Configuration, Member } from './configuration.js'
import type { ConfigurationBody } from './configuration-messages.js'
import { configurationChanges, formationChange, pledgeChange, readStanding } from './configuration-records.js'
import { Formation } from './formation.js'
import { Greeting } from './greeting.js'
import type { Identity } from './identity.js'
import type { Body } from './messages.js'
import type { Owning } from './owning.js'
import { everyone } from './envelope.js'
import type { Sender } from './envelope.js'
import type { Routes } from './routes.js'
import { Succeeding } from './succeeding.js'
import type { Means, Present, Run } from './succeeding.js'
import type { QuorumSystem } from './systems.js'

export interface ConfiguringOptions extends Means {
  readonly id: string
  /** Listed by the user: sealed from the start. */
  readonly members?: readonly string[] | undefined
  readonly clusterSize?: number | undefined
  readonly tieBreaker?: boolean | undefined
  readonly random: () => number
  /** Drawn at each start. */
  readonly boot: string
  /** Another configuration holds. `isNew`: this store counts from now on, and did not before. */
  readonly adopted: (isNew: boolean) => void
  /** This node may take part from now on. */
  readonly confirmed: () => void
  /** It may not, or may no more; nothing that was promised depends on it. */
  readonly refused: (code: ErrorCode) => void
  readonly changed: (n: number, code: ErrorCode | undefined) => void
  readonly isEmpty: () => boolean
}

/** How often those who are silent are asked again, in milliseconds, and how often nodes that are no members yet say so. */
const againMs = 100
const formingMs = 300
const syncingMs = 20
/** Of so many it is known when they were told last. */
const mostTold = 1_000

/**
 * Which configuration this node is in, how it came to be one of its members, and what follows: sealing, invitations, the succession of epochs, and who may speak
 * for an id. Whatever changes the configuration ends all that was under way in the one before.
 */
export class Configuring {
  configuration: Configuration | undefined
  system: QuorumSystem | undefined
  readonly greeting: Greeting
  readonly succeeding: Succeeding
  formation: Formation
  /** Why this node has no part in it. */
  refusal: ErrorCode | undefined
  /** Enough others have confirmed that this store is who it says it is, in this run. */
  isConfirmed = false
  readonly #options: ConfiguringOptions
  readonly #told = new Map<string, number>()
  #pledge = ''
  #metAt = -Infinity
  #floodAt = -Infinity
  #askAt = -Infinity
  #isMismatchTold = false
  #run: Run

  constructor (options: ConfiguringOptions, run: Run) {
    this.#options = options
    this.#run = run
    this.greeting = new Greeting(options)
    this.formation = new Formation(options.id, run.store, options.tieBreaker ?? true)
    this.formation.size = options.clusterSize ?? 0
    this.succeeding = new Succeeding({ ...options, adopt: configuration => { this.#adopt(configuration) } })
  }

  // What it is

  get identity (): Identity { return this.greeting.identity }
  get isMember (): boolean { return this.configuration !== undefined && this.refusal === undefined && this.#isListed(this.configuration) }
  /** Whether it takes part. */
  get mayVote (): boolean { return this.isMember && this.isConfirmed }
  get origin (): string { return this.configuration?.origin ?? '' }
  get epoch (): number { return this.configuration?.epoch ?? 0 }
  get members (): string[] { return this.configuration === undefined ? [] : idsOf(this.configuration) }

  #isListed (configuration: Configuration): boolean {
    return this.identity.isListed(storeOf(configuration, this.#options.id), this.#run.store)
  }

  /** When time is to be looked at; undefined: there is nothing under way. */
  deadline (): number | undefined {
    const { nowMs } = this.#run
    if (this.configuration === undefined) return Math.max(nowMs + 1, Math.min(this.#floodAt + formingMs, this.formation.vote === undefined ? nowMs + againMs : Infinity))
    if (!this.isMember) return undefined
    return this.succeeding.isBusy ? nowMs + syncingMs : this.isConfirmed ? undefined : nowMs + againMs
  }

  start (records: readonly StoredRecord[], run: Run): void {
    this.#run = run
    const { id, members, tieBreaker = true } = this.#options
    const stored = readStanding(records)
    this.formation = Object.assign(new Formation(id, run.store, tieBreaker), { size: this.formation.size })
    this.#pledge = stored.pledge
    this.greeting.restore(stored.bindings, run.store)
    if (stored.formation !== undefined) this.formation.restore(stored.formation.vote, stored.formation.past, stored.formation.vetoes)
    if (stored.configuration !== undefined) this.#enter(stored.configuration, false)
    else if (members?.includes(id) === true) this.#adopt(sealed(members.map(id => ({ id, store: '' })), tieBreaker))
    this.succeeding.restore(stored.succession)
  }

  // Messages

  /** Whether somebody may be listened to in matters of this epoch; whoever is behind is told so. */
  admits ({ origin, epoch, from, store, incarnation, changes }: Sender, run: Run): boolean {
    this.#run = run
    const { configuration } = this
    if (configuration === undefined) return false
    if (origin !== configuration.origin) {
      if (origin !== '') this.#mismatched()
      return false
    }
    if (epoch > configuration.epoch) this.#askAfter(from)
    if (epoch < configuration.epoch || !this.greeting.isWho(configuration, from, store)) this.#tell(from)
    else if (epoch === configuration.epoch) {
      this.greeting.recall(from, incarnation, changes, run.nowMs)
      return true
    }
    return false
  }

  /** Two clusters that were sealed apart: neither takes anything of the other. */
  #mismatched (): void {
    if (!this.#isMismatchTold) this.#options.refused('CLUSTER_MISMATCH')
    this.#isMismatchTold = true
  }

  /** Once in a while: many messages may come of an epoch that is over. */
  #tell (to: string): void {
    const { nowMs } = this.#run
    if (nowMs - (this.#told.get(to) ?? -Infinity) < againMs) return
    if (this.#told.size >= mostTold) this.#told.clear()
    this.#told.set(to, nowMs)
    this.#options.hold(to, this.#standing())
  }

  #askAfter (from: string): void { this.#options.send(from, { type: 'ping' }, true) }

  #standing (): Body { return { type: 'configuration', configuration: this.configuration!, stores: this.identity.speakers(this.configuration!) } }

  handle (sender: Sender, body: ConfigurationBody, run: Run): void {
    this.#run = run
    const { from, store, origin } = sender
    switch (body.type) {
      case 'configuration': this.#hearConfiguration(body.configuration, body.stores); break
      case 'forming':
        // The straight way leads to the member that it is named like.
        if (this.configuration !== undefined) this.#tell(this.identity.admits(from, store) ? from : everyone)
        else if (this.formation.hear({ id: from, store }, body)) this.#metAt = run.nowMs
        this.#form()
        break
      case 'invite': this.#invited(from, origin); break
      case 'welcome': if (this.succeeding.changing.welcomed(from, store)) this.#changeNow(); break
      case 'greet': this.#greeted(sender, body.boot); break
      case 'greeted':
        if (body.boot === this.#options.boot && origin === this.origin && sender.epoch >= this.epoch) this.#answered(from, store, body.isRefused)
        break
      default: if (this.admits(sender, run) && this.mayVote) this.succeeding.handle(from, body, this.#present)
    }
  }

  #hearConfiguration (configuration: Configuration, stores: readonly Member[]): void {
    const { configuration: mine } = this
    if (mine !== undefined && mine.origin !== configuration.origin) { this.#mismatched(); return }
    if (mine !== undefined && configuration.epoch > mine.epoch) this.#adopt(configuration)
    else if (mine === undefined && this.#isListed(configuration)) this.#adopt(configuration)
    else if (mine === undefined) {
      this.formation.outlived(configuration.members)
      this.#refuse(storeOf(configuration, this.#options.id) === undefined ? 'CLUSTER_FULL' : 'NOT_MEMBER')
    }
    if (this.origin !== configuration.origin) return
    this.greeting.learn(stores.filter(({ id }) => storeOf(this.configuration!, id) !== undefined))
  }

  // Becoming a member

  /** Votes as the formation says, and says so once that is durable. */
  #form (): void {
    if (this.configuration !== undefined) return
    const { nowMs } = this.#run
    const mayVote = this.refusal === undefined && this.#pledge === ''
    const hasChanged = mayVote ? this.formation.decide(this.formation.size > 1 && nowMs - this.#metAt < againMs) : this.formation.decline()
    if (hasChanged) this.#options.keep([formationChange(this.formation)])
    if (hasChanged || nowMs - this.#floodAt >= formingMs) {
      this.#floodAt = nowMs
      // Whoever has no part in this is in nobody's way: it wants no cluster.
      this.#options.hold(everyone, mayVote ? this.formation.body : { ...this.formation.body, size: 0 })
    }
    const configuration = this.formation.sealed()
    if (configuration !== undefined) this.#adopt(configuration)
  }

  /** How many members there should be, while that is not settled. */
  resize (size: number, run: Run): void {
    this.#run = run
    this.formation.size = size
    this.#floodAt = -Infinity
    this.#form()
  }

  /** It belongs to that cluster from now on, if it has promised nothing anywhere. */
  #invited (from: string, origin: string): void {
    if (this.configuration === undefined && this.formation.release()) this.#options.keep([formationChange(this.formation)])
    const isFree = this.configuration === undefined
      ? this.formation.vote === undefined && (this.#pledge === '' || this.#pledge === origin)
      : this.origin === origin && this.refusal !== undefined && !this.isConfirmed
    if (origin === '' || !isFree || !this.#options.isEmpty()) return
    if (this.configuration === undefined && this.#pledge === '') {
      this.#pledge = origin
      this.#options.keep([pledgeChange(origin)])
    }
    this.#options.hold(from, { type: 'welcome' })
  }

  #greeted (sender: Sender, boot: string): void {
    const { from, origin, epoch } = sender
    const { configuration } = this
    if (configuration === undefined || this.refusal !== undefined) return
    const isOurs = origin === configuration.origin
    // Whoever is behind can't say who counts by now.
    if (isOurs && epoch > configuration.epoch) { this.#askAfter(from); return }
    const listed = isOurs ? storeOf(configuration, from) : undefined
    if (!isOurs) this.#mismatched()
    if (listed === undefined || epoch < configuration.epoch) this.#tell(from)
    if (listed !== undefined) this.greeting.greeted(sender, listed, boot)
  }

  #answered (from: string, store: string, isRefused: boolean): void {
    const { configuration } = this
    if (configuration === undefined || !this.greeting.isWho(configuration, from, store)) return
    if (isRefused) { this.#refuse('NOT_MEMBER'); return }
    this.greeting.confirmedBy(from)
    this.#confirm()
  }

  #confirm (): void {
    if (this.isConfirmed || !this.isMember || !this.greeting.isConfirmedBy(this.system!)) return
    this.isConfirmed = true
    this.#options.confirmed()
  }

  #refuse (code: ErrorCode): void {
    if (this.refusal === code) return
    this.refusal = code
    this.#options.refused(code)
    this.#changeNow()
  }

  // One configuration after another

  #adopt (configuration: Configuration): void {
    this.#options.keep(configurationChanges(configuration))
    this.#enter(configuration, true)
    // Whoever has not heard of it would go on asking in vain.
    for (const { id } of [...configuration.members, ...configuration.next ?? []]) {
      if (id !== this.#options.id) this.#options.hold(id, this.#standing())
    }
  }

  #enter (configuration: Configuration, isNews: boolean): void {
    const { isMember: wasMember } = this
    this.configuration = configuration
    this.system = systemOf(configuration)
    this.succeeding.restart(configuration)
    this.#askAt = -Infinity
    this.#pledge = ''
    this.refusal = undefined
    for (const member of [...configuration.members, ...configuration.next ?? []]) {
      if (member.store !== '' && storeOf(configuration, member.id) === member.store) this.greeting.bind(member)
    }
    this.#options.adopted(isNews && !wasMember)
    if (!this.isMember) this.#refuse('NOT_MEMBER')
    this.#confirm()
    this.#changeNow()
  }

  get #present (): Present {
    return { configuration: this.configuration!, system: this.system!, members: this.#bound, run: this.#run, isMember: this.isMember, mayVote: this.mayVote }
  }

  /** The members as they are to be kept: with the stores that are known to speak for them. */
  get #bound (): Member[] { return this.greeting.bound(this.configuration!.members) }

  change (change: MemberChange, run: Run): number {
    this.#run = run
    const store = this.configuration === undefined ? undefined : this.#bound.find(({ id }) => id === change.id)?.store
    const n = this.succeeding.changing.add(change, store)
    this.#changeNow()
    return n
  }

  #changeNow (): void {
    if (this.configuration !== undefined) this.succeeding.change(this.#present)
  }

  // Time

  /** Somebody new can be spoken to. */
  met (run: Run): void {
    this.#run = run
    if (this.configuration === undefined) { this.resize(this.formation.size, run); return }
    if (this.isMember) this.greeting.greet(this.system!)
  }

  tick (owning: Owning | undefined, routes: Routes | undefined, run: Run): void {
    this.#run = run
    if (this.configuration === undefined) { this.#form(); return }
    if (!this.isMember) return
    const isTime = run.nowMs - this.#askAt >= againMs
    if (isTime) this.#askAt = run.nowMs
    if (isTime && !this.isConfirmed) this.greeting.greet(this.system!)
    this.succeeding.tick(this.#present, isTime, owning, routes)
  }
}
