import { readConfiguration, storeOf, systemOf } from '../quorum/configuration.js'
import type { Configuration } from '../quorum/configuration.js'
import type { QuorumChanges } from './quorum-changes.js'
import type { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import { expect } from './violation.js'

/**
 * Whose disk was lost, or set back. One member at a time loses what it promised, and only where `docs/quorum.md`, *Who speaks for an id*, says that it is
 * recognised: without those who durably heard of what is lost, it can't be a member of any quorum.
 */
export class QuorumLosses {
  readonly #nodes: readonly QuorumNode[]
  readonly #changes: QuorumChanges
  readonly #random: Random
  #loss: { readonly node: QuorumNode, readonly epoch: number, readonly store: string | undefined } | undefined
  /** It took part as if nothing were lost. */
  hasVoted = false
  count = 0

  constructor (nodes: readonly QuorumNode[], changes: QuorumChanges, random: Random) {
    this.#nodes = nodes
    this.#changes = changes
    this.#random = random
  }

  /** Who is to be replaced, whether it knows so or not. */
  get lost (): QuorumNode | undefined { return this.#loss?.node }

  /** An age that a node's disk may be set back to; undefined: to none. `from`, `to`: between which ages. */
  draw (node: QuorumNode, from: number, to: number): number | undefined {
    const configuration = this.#settled()
    if (this.#loss !== undefined || configuration === undefined || configuration.members.length < 3) return undefined
    if (storeOf(configuration, node.id) === undefined || node.core?.configuring.mayVote !== true) return undefined
    for (let least = from, tries = 0; tries < 4; tries++) {
      const age = this.#random.between(least, to)
      if (this.#isRecognised(node, age, configuration)) return age
      // What is older is known to more of them.
      to = age
      least = Math.min(least, Math.floor(age / 2))
    }
    return undefined
  }

  /** What holds on all disks of its members, where no change is under way that some of them do not know of. */
  #settled (): Configuration | undefined {
    if (this.#changes.waiting.length > 0) return undefined
    const stored = this.#nodes.map(({ id, disk }) => ({ id, synced: disk.synced() }))
    const configurations = stored.map(({ id, synced }) => ({ id, isDecided: !synced.has('s'), configuration: synced.has('k') ? readConfiguration(synced.get('k')) : undefined }))
    const latest = configurations.reduce<Configuration | undefined>((latest, { configuration }) => (configuration?.epoch ?? 0) > (latest?.epoch ?? 0) ? configuration : latest, undefined)
    if (latest === undefined || latest.next !== undefined) return undefined
    const isEverywhere = latest.members.every(({ id }) => configurations.some(one => one.id === id && one.isDecided && one.configuration?.epoch === latest.epoch))
    return isEverywhere ? latest : undefined
  }

  #isRecognised (node: QuorumNode, age: number, configuration: Configuration): boolean {
    const before = node.disk.synced(age)
    const [, , store] = before.get('m') ?? []
    const [changes = 0] = before.get('n') ?? []
    const fooled = configuration.members.map(({ id }) => id).filter(id => {
      const listed = this.#nodes.find(other => other.id === id)?.disk.synced().get(`b${node.id}`)
      return listed === undefined || (listed[1] === store && (listed[4] as number) <= (changes as number))
    })
    return !systemOf(configuration).isQuorum(new Set([...fooled, node.id]))
  }

  /** Just before its process goes down. */
  lose (node: QuorumNode): void {
    this.#loss = { node, epoch: this.#settled()?.epoch ?? 0, store: node.core?.epoch }
    this.count++
  }

  /** Looks after whoever lost its disk. @returns a node that knows so, and whose disk its user should empty */
  tend (): QuorumNode | undefined {
    if (this.#loss === undefined) return undefined
    const { node, epoch, store } = this.#loss
    const { core } = node
    if (core?.configuring.mayVote === true) {
      if (core.configuring.epoch > epoch) this.#loss = undefined
      else this.hasVoted = true
      return undefined
    }
    return core?.configuring.refusal === 'NOT_MEMBER' && core.epoch === store ? node : undefined
  }

  /** Judged in the end, when everybody could be reached for long enough. */
  judge (): void {
    const { lost } = this
    expect(!this.hasVoted, () => 'a member took part after its disk was lost')
    expect(lost === undefined || lost.core?.configuring.refusal === 'NOT_MEMBER', () => `${lost?.id} has lost its disk, and nobody has told it so`)
  }
}
