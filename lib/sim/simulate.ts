import type { TendrilError } from '../ground/errors.js'
import { checkConvergence, checkReplicated, shownDots } from './checkers.js'
import { Disk } from './disk.js'
import { drawGraph } from './graph.js'
import { drawFaults, Nemesis, peaceful } from './nemesis.js'
import type { Faults } from './nemesis.js'
import { Network } from './network.js'
import { SimNode } from './node.js'
import type { NodeObserver } from './node.js'
import { Oracle } from './oracle.js'
import type { Random } from './random.js'
import { expect, Violation } from './violation.js'
import type { WireOptions } from './end.js'
import { World } from './world.js'

export interface SimulationOptions {
  /** All else follows from it. */
  readonly seed: number
  /** How many nodes there are. Default: 3 to 7, as the seed will have it. */
  readonly nodes?: number | undefined
  /** How many things users and nemesis do. Default: 40 to 240, as the seed will have it. */
  readonly actions?: number | undefined
  /** How often what happens. Default: as the seed will have it. */
  readonly faults?: Partial<Faults> | undefined
  /** Told what happens, as lines that can be read. */
  readonly onTrace?: ((line: string) => void) | undefined
}

/** What came of one run. */
export interface SimulationReport {
  readonly seed: number
  /** What went wrong; undefined: nothing did. */
  readonly failure: Error | undefined
  readonly nodes: number
  readonly writes: number
  /** How many things happened. */
  readonly steps: number
  readonly virtualMs: number
  /** How long the nodes took to converge once all was well, in virtual milliseconds. */
  readonly healedMs: number
  /** A hash of all that happened: equal for equal runs. */
  readonly fingerprint: string
}

/** Once all is well the nodes have so long to converge. Stamps a bit ahead, which nobody may take yet, need up to two minutes. */
const healingMs = 300_000
const healingSteps = 300_000
/** By then the longest time to live is over, also where it was kept by a clock that was off by a day. */
const afterAllMs = 3 * 86_400_000
/** How many things are done when all was well already. */
const encoreActions = 12
/** So long what is due then may take. */
const aftermathMs = 20_000

/**
 * Runs nodes that replicate one map in a world of virtual time: first with everything that can happen to them, then with
 * everything as it should be. Checked are the cores' invariants after every step; that nothing gone comes back; in the
 * end that all nodes converge in bounded time and fall silent, with what an oracle of what each write had seen says.
 *
 * Deterministic: the same options give the same run.
 */
export function simulate (options: SimulationOptions): SimulationReport {
  const simulation = new Simulation(options)
  let failure: Error | undefined
  try {
    simulation.run()
  } catch (error) {
    failure = error instanceof Error ? error : new Violation(String(error))
  }
  return simulation.report(failure)
}

class Simulation {
  readonly #options: SimulationOptions
  readonly #world: World
  readonly #oracle = new Oracle()
  readonly #nodes: SimNode[]
  readonly #network: Network
  readonly #nemesis: Nemesis
  readonly #faults: Faults
  readonly #actions: number
  #healedMs = 0

  constructor (options: SimulationOptions) {
    const { seed, onTrace } = options
    this.#options = options
    this.#world = new World({ seed, onTrace, afterStep: () => { this.#look() } })
    const random = this.#world.random.fork()
    this.#nodes = this.#drawNodes(random)
    this.#faults = { ...drawFaults(random), ...options.faults }
    this.#actions = options.actions ?? random.between(40, 240)
    const wires = drawWires(random)
    this.#network = new Network(this.#world, random.fork(), wires)
    this.#nemesis = new Nemesis({
      world: this.#world,
      random: random.fork(),
      network: this.#network,
      nodes: this.#nodes,
      pauseMs: random.pick([20, 200, 1_000, 5_000]),
      keys: random.pick([1, 3, 6, 12]),
      valueBytes: random.pick([0, 100, 2_000])
    })
    const { shape, edges } = drawGraph(random, this.#nodes.length)
    this.#world.note(`a ${shape} of ${this.#nodes.length} nodes`)
    for (const { a, b, there, back } of edges) {
      const [first, second] = [this.#nodes[a], this.#nodes[b]]
      if (first !== undefined && second !== undefined) this.#network.add({ nodes: [first, second], there, back })
    }
  }

  #drawNodes (random: Random): SimNode[] {
    const observer: NodeObserver = {
      onStart: (node, wasClean) => { this.#oracle.started(node.id, node.disk?.records() ?? [], node.disk?.mark ?? 0, wasClean) },
      onEntry: (node, entry) => { this.#oracle.wrote(node.id, entry) },
      onWrite: node => node.gossip === undefined ? 0 : this.#oracle.look(node.id, node.gossip.replica),
      onFailure: (node, error) => { this.#failed(node, error) }
    }
    const deletesKept = random.pick([0, 1, 3, 10_000])
    const maxContext = random.pick([0, 1, 3, 1000])
    const retentionMs = random.pick([5_000, 60_000, 86_400_000, 86_400_000])
    const persistence = random.pick([0, 0.5, 1])
    return Array.from({ length: this.#options.nodes ?? random.between(3, 7) }, (_, i) => new SimNode({
      id: `n${i}`,
      world: this.#world,
      random: random.fork(),
      disk: random.chance(persistence) ? new Disk(this.#world) : undefined,
      durable: random.chance(0.5),
      deletesKept,
      maxContext,
      retentionMs,
      observer
    }))
  }

  #failed (node: SimNode, error: TendrilError): void {
    if (node.disk?.failure !== error) throw new Violation(`the storage of ${node.id} failed by itself: ${error.message}`, { cause: error.cause })
    this.#world.note(`${node.id} storage has failed`)
    this.#network.refuse(node, error)
  }

  /** After every step: the invariants of each core that was touched, and what the oracle says of it. */
  #look (): void {
    for (const node of this.#nodes) {
      if (!node.isTouched) continue
      node.isTouched = false
      if (node.gossip === undefined || node.phase === 'loading') continue
      node.gossip.check()
      this.#oracle.look(node.id, node.gossip.replica)
    }
  }

  run (): void {
    for (const node of this.#nodes) node.start()
    this.#act(this.#faults, this.#actions)
    this.#outlast()
    this.#judge()
    // All over again, for what was forgotten, retired and stored meanwhile.
    this.#nemesis.interlude()
    this.#act(peaceful, encoreActions)
    this.#judge()
  }

  /** Lets things happen, and then all be well. */
  #act (faults: Faults, actions: number): void {
    this.#nemesis.begin(faults, actions)
    while (!this.#nemesis.isDone) this.#world.step()
    this.#nemesis.heal()
    this.#settle()
    checkConvergence(this.#nodes, false)
    checkReplicated(this.#nodes, this.#network.edges)
  }

  #judge (): void {
    checkConvergence(this.#nodes, true)
    for (const node of this.#nodes) this.#oracle.judge(shownDots(node))
  }

  /** Lets the nodes converge: in bounded time and steps nothing is under way any more, and every edge is in sync. */
  #settle (): void {
    const { now, steps } = this.#world
    while (!this.#world.isQuiet) {
      this.#world.step()
      expect(this.#world.steps - steps < healingSteps, () => 'the nodes never fall silent')
      expect(this.#world.now - now < healingMs, () => `not quiet ${healingMs / 1000} s after all was well; not in sync: ${this.#unsynced()}`)
    }
    this.#healedMs ||= this.#world.now - now
    expect(this.#unsynced() === '', () => `all is quiet, but not in sync: ${this.#unsynced()}`)
  }

  #unsynced (): string { return this.#network.unsynced().join(', ') }

  /** Lets everything expire and whatever is silent retire, which takes no words. */
  #outlast (): void {
    this.#world.sleep(afterAllMs)
    const end = this.#world.now + aftermathMs
    while ((this.#world.next ?? Infinity) < end) this.#world.step()
    expect(this.#world.isQuiet, () => 'there is traffic days after the last change')
  }

  report (failure: Error | undefined): SimulationReport {
    const { now, steps } = this.#world
    return {
      seed: this.#options.seed,
      failure,
      nodes: this.#nodes.length,
      writes: this.#oracle.writes,
      steps,
      virtualMs: now,
      healedMs: this.#healedMs,
      fingerprint: this.#world.fingerprint()
    }
  }
}

/** How the wires of one run behave: each is drawn anew, within bounds that are the run's own. */
function drawWires (random: Random): () => WireOptions {
  const slowestMs = random.pick([0, 5, 50, 500])
  const longestPiece = random.pick([20, 300, 5_000, 100_000])
  const leastFrame = random.pick([60, 1_000, 16_384])
  const tails = random.pick([1, 1, 0.8])
  const secret = random.chance(0.1) ? Buffer.from('a secret of this world') : undefined
  const draws = random.fork()
  return () => ({
    latencyMs: draws.next() * slowestMs,
    pieceBytes: draws.pick([longestPiece, longestPiece / 4]),
    roomBytes: draws.pick([1, 1_000, 65_536]),
    codec: draws.pick(['msgpack', 'ndjson'] as const),
    secret,
    frameBytes: draws.pick([leastFrame, 16_384]),
    tail: draws.chance(tails)
  })
}
