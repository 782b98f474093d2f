import type { MemberChange } from '../quorum/changing.js'
import { systemOf, writeConfiguration } from '../quorum/configuration.js'
import type { Configuration } from '../quorum/configuration.js'
import type { QuorumSystem } from '../quorum/systems.js'
import type { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import { expect } from './violation.js'

/**
 * Changes of members in a run, and what must hold of them: one configuration an epoch, neighbours whose quorums meet, every change answered whose
 * caller lives, and one configuration for all in the end.
 */
export class QuorumChanges {
  readonly #nodes: readonly QuorumNode[]
  readonly #random: Random
  readonly #note: (line: string) => void
  readonly #epochs = new Map<string, Configuration>()
  readonly #waiting = new Map<string, MemberChange>()
  /** Somebody is the first in a configuration that followed another; `before`: its members, those who are to go first. */
  onEpoch: (node: QuorumNode, isJoint: boolean, before: readonly QuorumNode[]) => void = () => {}

  /** How many configurations were in force. */
  get epochs (): number { return this.#epochs.size }

  constructor (nodes: readonly QuorumNode[], random: Random, note: (line: string) => void) {
    this.#nodes = nodes
    this.#random = random
    this.#note = note
  }

  get members (): QuorumNode[] { return this.#nodes.filter(({ isUp, core }) => isUp && core?.configuring.mayVote === true) }

  /** The members as the one knows who is furthest. */
  get #latest (): Configuration | undefined {
    return this.#nodes.map(({ core }) => core?.configuring.configuration)
      .reduce((latest, one) => one !== undefined && one.epoch > (latest?.epoch ?? 0) ? one : latest, undefined)
  }

  act (kind: 'grow' | 'shrink' | 'replace'): void {
    const latest = this.#latest
    const caller = this.members.length === 0 ? undefined : this.#random.pick(this.members)
    if (latest === undefined || caller === undefined) return
    const ids = (latest.next ?? latest.members).map(({ id }) => id)
    const others = this.#nodes.map(({ id }) => id).filter(id => !ids.includes(id) && this.#isFresh(id))
    const id = this.#random.pick(ids)
    if (kind === 'grow' && others.length > 0) this.#ask(caller, { kind, id: this.#random.pick(others) })
    if (kind === 'shrink' && ids.length > 2) this.#ask(caller, { kind, id })
    if (kind === 'replace' && others.length > 0) this.#ask(caller, { kind, id, by: this.#random.pick(others) })
  }

  /** Whoever was put out has a store that was a member's: it comes back with another one alone. */
  #isFresh (id: string): boolean { return this.#nodes.some(({ id: other, core }) => other === id && core !== undefined && core.configuring.configuration === undefined) }

  #ask (node: QuorumNode, change: MemberChange): void {
    const { core, host } = node
    if (core === undefined || host === undefined) return
    const { n, effects } = core.change(change, host.now())
    this.#note(`${node.id} asks ${n}: ${Object.values(change).join(' ')}`)
    this.#waiting.set(`${node.id} ${core.epoch} ${n}`, change)
    host.run(effects)
  }

  changed (node: QuorumNode, n: number, code: string | undefined): void {
    this.#note(`${node.id} changed ${n}: ${code ?? 'done'}`)
    this.#waiting.delete(`${node.id} ${node.core!.epoch} ${n}`)
  }

  /** Its caller is gone. */
  forget (node: QuorumNode): void {
    for (const key of this.#waiting.keys()) if (key.startsWith(`${node.id} `)) this.#waiting.delete(key)
  }

  /** Somebody is in another configuration: it must be the one that others know of that epoch, and meet its neighbours. */
  adopted (node: QuorumNode): void {
    const configuration = node.core?.configuring.configuration
    if (configuration === undefined) return
    const key = `${configuration.origin} ${configuration.epoch}`
    const known = this.#epochs.get(key)
    this.#note(`${node.id} is in epoch ${configuration.epoch}: ${JSON.stringify(writeConfiguration(configuration))}`)
    expect(known === undefined || JSON.stringify(writeConfiguration(known)) === JSON.stringify(writeConfiguration(configuration)),
      () => `two configurations of epoch ${configuration.epoch}`)
    this.#epochs.set(key, configuration)
    expect(new Set(Array.from(this.#epochs.values(), ({ origin }) => origin)).size === 1, () => 'two clusters were sealed of the same nodes')
    for (const other of [configuration.epoch - 1, configuration.epoch + 1]) {
      const neighbour = this.#epochs.get(`${configuration.origin} ${other}`)
      if (neighbour !== undefined) expect(meet(systemOf(configuration), systemOf(neighbour)), () => `the quorums of epochs ${configuration.epoch} and ${other} do not meet`)
    }
    if (known !== undefined || configuration.epoch === 1) return
    const { members, next = members } = configuration
    const isGoing = ({ id }: QuorumNode): boolean => !next.some(member => member.id === id)
    const before = this.#nodes.filter(({ id }) => members.some(member => member.id === id))
    this.onEpoch(node, configuration.next !== undefined, [...before.filter(isGoing), ...before.filter(other => !isGoing(other))])
  }

  /** Puts a store that belongs to nobody in the place of the one that a member has lost. */
  repair ({ id, core }: QuorumNode): void {
    const latest = this.#latest
    const [caller] = this.members
    if (core?.configuring.refusal !== 'NOT_MEMBER' || caller === undefined || this.#waiting.size > 0) return
    if (latest?.next === undefined && latest?.members.some(member => member.id === id && member.store !== core.epoch) === true) this.#ask(caller, { kind: 'replace', id, by: id })
  }

  get waiting (): string[] { return Array.from(this.#waiting, ([key, change]) => `${key} ${Object.values(change).join(' ')}`) }

  /** Everybody who counts knows so, and no change is under way. `lost`: who may be left out. */
  isSettled (lost: QuorumNode | undefined): boolean {
    const latest = this.#latest
    if (latest === undefined || latest.next !== undefined || this.#waiting.size > 0) return false
    return latest.members.every(({ id }) => id === lost?.id || this.#nodes.some(node => node.id === id && node.core?.configuring.mayVote === true && node.core.configuring.epoch === latest.epoch))
  }
}

function subsets (ids: readonly string[]): Array<Set<string>> {
  return Array.from({ length: 2 ** ids.length }, (_, bits) => new Set(ids.filter((_, i) => (bits >> i) % 2 === 1)))
}

function meet (one: QuorumSystem, other: QuorumSystem): boolean {
  const others = subsets(other.members).filter(set => other.isQuorum(set))
  return subsets(one.members).filter(set => one.isQuorum(set)).every(set => others.every(second => [...set].some(id => second.has(id))))
}
