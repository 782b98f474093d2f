import type { OperationKind } from '../quorum/execute.js'
import type { QuorumEvent } from '../quorum/quorum.js'
import { QuorumChanges } from './quorum-changes.js'
import { drawQuorumFaults } from './quorum-faults.js'
import type { QuorumFaults } from './quorum-faults.js'
import { QuorumHistory } from './quorum-history.js'
import { QuorumLosses } from './quorum-losses.js'
import { QuorumNemesis } from './quorum-nemesis.js'
import { QuorumNetwork } from './quorum-network.js'
import type { NetworkShape } from './quorum-network.js'
import { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import { expect, Violation } from './violation.js'
import { World } from './world.js'

export interface QuorumSimulationOptions {
  readonly seed: number
  readonly nodes?: number | undefined
  readonly actions?: number | undefined
  readonly shape?: NetworkShape | undefined
  readonly faults?: Partial<QuorumFaults> | undefined
  /** Whether members change. */
  readonly changes?: boolean | undefined
  /** Whether the members find each other instead of being listed; default: half of the seeds that change. */
  readonly forms?: boolean | undefined
  readonly onTrace?: ((line: string) => void) | undefined
}

export interface QuorumReport {
  readonly seed: number
  readonly failure: Error | undefined
  readonly nodes: number
  readonly epochs: number
  /** How many disks were lost or set back. */
  readonly losses: number
  readonly calls: number
  readonly answered: number
  readonly steps: number
  readonly virtualMs: number
  readonly fingerprint: string
}

const healingMs = 60_000
/** While members change, each change touches every lane: then not everything that a node does is looked at, nor every step asked whether all is done. */
const checkedEvery = 24
const askedEvery = 16

/**
 * Runs members of a set in a world of virtual time, with callers and everything that can happen, then with everything as it should be. Judged are
 * the cores' invariants after every step, and in the end: that every call whose caller is alive was answered, that all histories are
 * linearizable, with a read of each element at each member at the end, and that all local views show what those reads say.
 */
export function simulateQuorum (options: QuorumSimulationOptions): QuorumReport {
  const simulation = new QuorumSimulation(options)
  let failure: Error | undefined
  try {
    simulation.run()
  } catch (error) {
    failure = error instanceof Error ? error : new Violation(String(error))
  }
  return simulation.report(failure)
}

class QuorumSimulation {
  readonly #options: QuorumSimulationOptions
  readonly #world: World
  readonly #random: Random
  readonly #history = new QuorumHistory()
  readonly #nodes: QuorumNode[]
  readonly #elements: string[]
  readonly #changes: QuorumChanges
  readonly #losses: QuorumLosses
  readonly #nemesis: QuorumNemesis
  readonly #lots: ReadonlyArray<keyof QuorumFaults>
  readonly #pauseMs: number
  readonly #isChanging: boolean
  readonly #checked = new Map<QuorumNode, number>()
  #tokens = 0
  #left = 0

  constructor (options: QuorumSimulationOptions) {
    const { seed, onTrace, changes: isChanging = false } = options
    this.#options = options
    this.#isChanging = isChanging
    const world = new World({ seed, onTrace, afterStep: () => { this.#check() } })
    this.#world = world
    const random = world.random.fork()
    this.#random = random
    const size = options.nodes ?? random.between(3, 5)
    const forms = options.forms ?? (isChanging && random.chance(0.5))
    const ids = Array.from({ length: size + (isChanging ? random.between(1, 2) : 0) }, (_, i) => `n${i}`)
    const members = ids.slice(0, size)
    const tieBreaker = random.chance(0.8)
    const patienceMs = random.pick([20, 50, 200])
    const knowsWays = random.chance(0.5)
    this.#nodes = ids.map(id => new QuorumNode({
      id,
      world,
      random: random.fork(),
      ...(forms ? { clusterSize: size } : members.includes(id) ? { members } : {}),
      tieBreaker,
      patienceMs,
      nextHop: knowsWays ? to => network.nextHop(id, to) : undefined,
      onEvents: (node, events) => { this.#told(node, events) },
      onFailure: (node, error) => { this.#nemesis.failed(node, error) }
    }))
    const slowestMs = random.pick([1, 5])
    for (const { disk } of this.#nodes) disk.slowestMs = slowestMs
    const conditions = { latencyMs: random.pick([1, 5, 40]), room: random.pick([10, 50, 1_000]) }
    const network = new QuorumNetwork(world, random.fork(), conditions, options.shape ?? random.pick(['mesh', 'mesh', 'chain', 'ring'] as const), this.#nodes)
    this.#changes = new QuorumChanges(this.#nodes, random.fork(), line => { world.note(line) })
    this.#losses = new QuorumLosses(this.#nodes, this.#changes, random.fork())
    this.#nemesis = new QuorumNemesis({
      world,
      random: random.fork(),
      nodes: this.#nodes,
      network,
      losses: this.#losses,
      onCrash: node => {
        this.#history.forget(node.id)
        this.#changes.forget(node)
      },
      busy: nodes => { for (const node of nodes) this.#call(node) }
    })
    this.#changes.onEpoch = (node, isJoint, before) => { this.#nemesis.adopted(node, isJoint, before) }
    this.#elements = Array.from({ length: random.pick([1, 2, 4]) }, (_, i) => `e${i}`)
    this.#pauseMs = random.pick([5, 30, 200])
    const faults = drawQuorumFaults(random, isChanging, options.faults)
    this.#lots = (Object.keys(faults) as Array<keyof QuorumFaults>).flatMap(fault => new Array<keyof QuorumFaults>(faults[fault]).fill(fault))
  }

  /** The invariants of whoever has done something. */
  #check (): void {
    for (const node of this.#nodes) {
      const { core, isUp, touches } = node
      if (!isUp || touches - (this.#checked.get(node) ?? 0) < (this.#changes.epochs > 1 ? checkedEvery : 1)) continue
      this.#checked.set(node, touches)
      core?.check()
    }
  }

  #told (node: QuorumNode, events: readonly QuorumEvent[]): void {
    for (const event of events) {
      switch (event.kind) {
        case 'done':
          this.#history.end(node.id, node.core!.epoch, event.n, event.answer)
          this.#world.note(`${node.id} answers ${event.n}: ${event.answer.code} ${event.answer.token}`)
          break
        case 'fail':
          this.#history.fail(node.id, node.core!.epoch, event.n)
          this.#world.note(`${node.id} fails ${event.n}: ${event.code}`)
          break
        case 'members': this.#changes.adopted(node); break
        case 'changed': this.#changes.changed(node, event.n, event.code); break
        case 'refused': this.#world.note(`${node.id} is refused: ${event.code}`); break
        case 'add': case 'rem': case 'ready': case 'halt': break
      }
    }
  }

  run (): void {
    for (const node of this.#nodes) node.start()
    this.#left = this.#options.actions ?? this.#random.between(30, 150)
    const goOn = (): void => {
      this.#world.schedule(this.#random.next() * this.#pauseMs, () => {
        this.#act(this.#random.pick(this.#lots))
        if (--this.#left > 0) goOn()
      })
    }
    goOn()
    while (this.#left > 0 || this.#nemesis.isBusy) this.#world.step()
    this.#nemesis.heal()
    this.#await(() => this.#nodes.every(({ isUp }) => isUp), () => 'a node never starts')
    this.#await(() => this.#isSettled, () => `no configuration settles; these wait: ${this.#changes.waiting.join(', ')}`)
    this.#await(() => this.#history.waiting.length === 0, () => `after all was well these wait: ${this.#history.waiting.join(', ')}`)
    for (const node of this.#changes.members) for (const element of this.#elements) this.#call(node, 'get', element)
    this.#await(() => this.#history.waiting.length === 0, () => `reads wait in the end: ${this.#history.waiting.join(', ')}`)
    this.#history.judge()
    this.#losses.judge()
    this.#await(() => this.#viewsAgree(), () => `the local views differ: ${this.#changes.members.map(({ core }) => [...core!.view.elements].join()).join(' | ')}`)
    // Whoever is away holds up purging until it is replaced.
    if (this.#losses.lost === undefined) this.#await(() => this.#tombstones() === 0, () => `${this.#tombstones()} removed elements are never purged`)
  }

  /** Who has lost its disk is put back where members change, and stays out where they do not. */
  #tend (): void {
    const emptied = this.#losses.tend()
    if (!this.#isChanging) return
    if (emptied !== undefined) this.#nemesis.empty(emptied)
    if (this.#losses.lost !== undefined) this.#changes.repair(this.#losses.lost)
  }

  get #isSettled (): boolean {
    this.#tend()
    const { lost } = this.#losses
    if (lost !== undefined && !this.#losses.hasVoted && (this.#isChanging || lost.core?.configuring.refusal === undefined)) return false
    return this.#changes.isSettled(lost)
  }

  #tombstones (): number {
    let count = 0
    for (const { core } of this.#changes.members) for (const { cells } of core!.acceptor.lanes.values()) for (const { cell } of cells.values()) if (!cell.present) count++
    return count
  }

  #viewsAgree (): boolean {
    return new Set(this.#changes.members.map(({ core }) => [...core!.view.elements].sort().join())).size === 1
  }

  #await (isDone: () => boolean, complaint: () => string): void {
    const until = this.#world.now + healingMs
    const every = this.#changes.epochs > 1 ? askedEvery : 1
    while (!isDone()) {
      for (let i = 0; i < every; i++) expect(this.#world.now < until && this.#world.step(), complaint)
    }
  }

  #act (what: keyof QuorumFaults): void {
    const node = this.#random.pick(this.#nodes)
    this.#tend()
    switch (what) {
      case 'call': this.#call(node); break
      case 'burst': for (const each of this.#nodes) for (let i = 0; i < 4; i++) this.#call(each); break
      case 'abandon': this.#abandon(node); break
      case 'grow': case 'shrink': case 'replace':
        // Newcomers know nothing of what was lost.
        if (this.#losses.lost === undefined) this.#changes.act(what)
        break
      default: this.#nemesis.act(what)
    }
  }

  #call (node: QuorumNode, kind: OperationKind = this.#random.pick(['add', 'add', 'rem', 'get']), element = this.#random.pick(this.#elements)): void {
    if (!node.isUp || node.core === undefined || node.host === undefined) return
    const token = kind === 'add' ? `t${++this.#tokens}` : ''
    const begin = this.#history.now()
    const { n, effects } = node.core.call(kind, element, token, node.host.now())
    this.#world.note(`${node.id} calls ${n}: ${kind} ${element} ${token}`)
    this.#history.begin(node.id, node.core.epoch, n, { element, kind, token }, begin)
    node.host.run(effects)
  }

  #abandon (node: QuorumNode): void {
    if (!node.isUp || node.core === undefined || node.host === undefined) return
    const n = this.#random.between(1, 20)
    const { fate, effects } = node.core.abandon(n, node.host.now())
    if (fate !== undefined) this.#history.forgetCall(node.id, node.core.epoch, n)
    node.host.run(effects)
  }

  report (failure: Error | undefined): QuorumReport {
    const { now, steps } = this.#world
    return {
      seed: this.#options.seed,
      failure,
      nodes: this.#nodes.length,
      epochs: this.#changes.epochs,
      losses: this.#losses.count,
      calls: this.#history.size,
      answered: this.#history.answered,
      steps,
      virtualMs: now,
      fingerprint: this.#world.fingerprint()
    }
  }
}
