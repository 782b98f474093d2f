import type { OperationKind } from '../quorum/execute.js'
import type { QuorumEvent } from '../quorum/quorum.js'
import { QuorumChanges } from './quorum-changes.js'
import { QuorumHistory } from './quorum-history.js'
import { QuorumLine } from './quorum-network.js'
import { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import { expect, Violation } from './violation.js'
import { World } from './world.js'

/** How often users and nemesis do what, relative to each other. */
export interface QuorumFaults {
  readonly call: number
  readonly burst: number
  readonly abandon: number
  readonly cut: number
  readonly hold: number
  readonly mute: number
  readonly pause: number
  readonly kill: number
  readonly power: number
  readonly blackout: number
  readonly grow: number
  readonly shrink: number
  readonly replace: number
  readonly wipe: number
}

const usual: QuorumFaults = { call: 60, burst: 6, abandon: 2, cut: 5, hold: 4, mute: 4, pause: 4, kill: 4, power: 2, blackout: 1, grow: 0, shrink: 0, replace: 0, wipe: 0 }
const changing: Partial<QuorumFaults> = { grow: 4, shrink: 3, replace: 3, wipe: 2 }

export interface QuorumSimulationOptions {
  readonly seed: number
  readonly nodes?: number | undefined
  readonly actions?: number | undefined
  readonly shape?: 'mesh' | 'chain' | 'ring' | undefined
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
  readonly calls: number
  readonly answered: number
  readonly steps: number
  readonly virtualMs: number
  readonly fingerprint: string
}

const second = 1_000
const healingMs = 60 * second

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
  readonly #lines: QuorumLine[]
  readonly #elements: string[]
  readonly #changes: QuorumChanges
  readonly #lots: ReadonlyArray<keyof QuorumFaults>
  readonly #pauseMs: number
  #tokens = 0
  #isHealed = false
  #hasWiped = false
  #left = 0

  constructor (options: QuorumSimulationOptions) {
    const { seed, onTrace } = options
    this.#options = options
    this.#world = new World({ seed, onTrace, afterStep: () => { this.#check() } })
    const random = this.#world.random.fork()
    this.#random = random
    const size = options.nodes ?? random.between(3, 5)
    const isChanging = options.changes === true
    const forms = options.forms ?? (isChanging && random.chance(0.5))
    const ids = Array.from({ length: size + (isChanging ? random.between(1, 2) : 0) }, (_, i) => `n${i}`)
    const members = ids.slice(0, size)
    const tieBreaker = random.chance(0.8)
    const patienceMs = random.pick([20, 50, 200])
    this.#nodes = ids.map(id => new QuorumNode({
      id, world: this.#world, random: random.fork(), ...(forms ? { clusterSize: size } : members.includes(id) ? { members } : {}), tieBreaker, patienceMs, onEvents: (node, events) => { this.#told(node, events) }
    }))
    this.#changes = new QuorumChanges(this.#nodes, random.fork(), forms ? size - 3 : Infinity, line => { this.#note(line) })
    const latencyMs = random.pick([1, 5, 40])
    this.#lines = this.#pairs(options.shape ?? random.pick(['mesh', 'mesh', 'chain', 'ring'] as const))
      .map(nodes => new QuorumLine(this.#world, random.fork(), latencyMs, nodes))
    this.#elements = Array.from({ length: random.pick([1, 2, 4]) }, (_, i) => `e${i}`)
    this.#pauseMs = random.pick([5, 30, 200])
    const faults = { ...usual, ...isChanging ? changing : {} }
    if (!forms) faults.wipe = 0
    for (const fault of ['cut', 'hold', 'mute', 'pause', 'kill', 'power', 'blackout', 'burst'] as const) if (random.chance(0.4)) faults[fault] = 0
    const drawn: QuorumFaults = { ...faults, ...options.faults }
    this.#lots = (Object.keys(drawn) as Array<keyof QuorumFaults>).flatMap(fault => new Array<keyof QuorumFaults>(drawn[fault]).fill(fault))
  }

  /** Each change of members touches every lane: then not every step is looked at. */
  #check (): void {
    if (this.#changes.epochs > 1 && this.#world.steps % 32 !== 0) return
    for (const { core, isUp } of this.#nodes) if (isUp) core?.check()
  }

  #pairs (shape: 'mesh' | 'chain' | 'ring'): Array<readonly [QuorumNode, QuorumNode]> {
    const last = this.#nodes.length - 1
    return this.#nodes.flatMap((a, i) => this.#nodes.slice(i + 1).map((b, j) => ({ a, b, i, j: i + 1 + j })))
      .filter(({ i, j }) => shape === 'mesh' || j === i + 1 || (shape === 'ring' && i === 0 && j === last))
      .map(({ a, b }) => [a, b] as const)
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
    while (this.#left > 0) this.#world.step()
    this.#heal()
    this.#await(() => {
      this.#changes.repair()
      return this.#changes.isSettled
    }, () => `no configuration settles; these wait: ${this.#changes.waiting.join(', ')}`)
    this.#await(() => this.#history.waiting.length === 0, () => `after all was well these wait: ${this.#history.waiting.join(', ')}`)
    for (const node of this.#changes.members) for (const element of this.#elements) this.#call(node, 'get', element)
    this.#await(() => this.#history.waiting.length === 0, () => `reads wait in the end: ${this.#history.waiting.join(', ')}`)
    this.#history.judge()
    this.#await(() => this.#viewsAgree(), () => `the local views differ: ${this.#changes.members.map(({ core }) => [...core!.view.elements].join()).join(' | ')}`)
    this.#await(() => this.#tombstones() === 0, () => `${this.#tombstones()} removed elements are never purged`)
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
    while (!isDone()) {
      expect(this.#world.now < until && this.#world.step(), complaint)
    }
  }

  #act (what: keyof QuorumFaults): void {
    const node = this.#random.pick(this.#nodes)
    const line = this.#random.pick(this.#lines)
    const ms = this.#random.next() * this.#random.pick([50, 500, 3 * second])
    switch (what) {
      case 'call': this.#call(node); break
      case 'burst': for (const each of this.#nodes) for (let i = 0; i < 4; i++) this.#call(each); break
      case 'abandon': this.#abandon(node); break
      case 'cut': this.#note(`cut ${line.nodes.map(({ id }) => id).join(' - ')}`); line.cut(this.#random.between(0, 300)); break
      case 'hold': this.#hold(line, ms); break
      case 'mute': this.#mute(line, ms); break
      case 'pause': this.#note(`${node.id} pauses`); node.pause(ms); break
      case 'kill': case 'power': this.#crash(node, what, ms); break
      case 'grow': case 'shrink': case 'replace': this.#changes.act(what); break
      case 'wipe': this.#wipe(node, ms); break
      case 'blackout': for (const each of this.#nodes) this.#crash(each, 'power', this.#random.next() * second)
    }
  }

  #note (line: string): void { this.#world.note(line) }

  #call (node: QuorumNode, kind: OperationKind = this.#random.pick(['add', 'add', 'rem', 'get']), element = this.#random.pick(this.#elements)): void {
    if (!node.isUp || node.core === undefined || node.host === undefined) return
    const token = kind === 'add' ? `t${++this.#tokens}` : ''
    const begin = this.#history.now()
    const { n, effects } = node.core.call(kind, element, token, node.host.now())
    this.#note(`${node.id} calls ${n}: ${kind} ${element} ${token}`)
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

  #hold (line: QuorumLine, ms: number): void {
    this.#note(`hold ${line.nodes.map(({ id }) => id).join(' - ')} for ${ms.toFixed()} ms`)
    line.isHeld = true
    line.cut(this.#random.between(0, 300))
    this.#world.schedule(ms, () => { line.isHeld = false })
  }

  #mute (line: QuorumLine, ms: number): void {
    const side = this.#random.between(0, 1) as 0 | 1
    this.#note(`${line.nodes[side].id} is not heard by ${line.nodes[1 - side]!.id} for ${ms.toFixed()} ms`)
    line.isMute[side] = true
    this.#world.schedule(ms, () => { line.isMute[side] = false })
  }

  #crash (node: QuorumNode, kind: 'kill' | 'power', ms: number): void {
    if (node.core === undefined) return
    this.#note(`${node.id} ${kind}`)
    this.#history.forget(node.id)
    this.#changes.forget(node)
    for (const line of this.#lines) if (line.nodes.includes(node)) line.cut(this.#random.between(0, 300), node)
    node.crash(kind)
    this.#world.schedule(ms, () => { if (!this.#isHealed) node.start() })
  }

  /** A member loses its disk, while all others keep theirs. */
  #wipe (node: QuorumNode, ms: number): void {
    if (this.#hasWiped || node.core?.configuring.mayVote !== true || this.#changes.members.length < 3) return
    this.#hasWiped = true
    this.#crash(node, 'power', ms)
    this.#note(`${node.id} loses its disk`)
    node.disk.wipe()
  }

  #heal (): void {
    this.#note('all is well')
    this.#isHealed = true
    for (const node of this.#nodes) {
      node.resume()
      node.start()
    }
    for (const line of this.#lines) {
      line.isHeld = false
      line.isMute[0] = line.isMute[1] = false
    }
    this.#await(() => this.#nodes.every(({ isUp }) => isUp), () => 'a node never starts')
  }

  report (failure: Error | undefined): QuorumReport {
    const { now, steps } = this.#world
    return {
      seed: this.#options.seed,
      failure,
      nodes: this.#nodes.length,
      epochs: this.#changes.epochs,
      calls: this.#history.size,
      answered: this.#history.answered,
      steps,
      virtualMs: now,
      fingerprint: this.#world.fingerprint()
    }
  }
}
