import type { Edge, Network } from './network.js'
import type { SimNode } from './node.js'
import type { Random } from './random.js'
import { Violation } from './violation.js'
import type { World } from './world.js'

/** How often the nemesis does what, relative to the rest; 0: never. */
export interface Faults {
  readonly set: number
  readonly delete: number
  /** Sets with a time to live. */
  readonly expire: number
  readonly forgetDeletes: number
  /** Connections cut in the midst of what they do. */
  readonly cut: number
  /** Edges held apart for a while. */
  readonly hold: number
  readonly stall: number
  readonly jump: number
  readonly restart: number
  readonly kill: number
  readonly power: number
  readonly loseDisk: number
  readonly failDisk: number
}

const usual: Faults = {
  set: 30, delete: 12, expire: 4, forgetDeletes: 8, cut: 8, hold: 4, stall: 4, jump: 2, restart: 3, kill: 3, power: 3, loseDisk: 2, failDisk: 2
}

const names = Object.keys(usual) as ReadonlyArray<keyof Faults>

/** Use alone, and connections that end. */
export const peaceful: Faults = {
  set: 6, delete: 4, expire: 0, forgetDeletes: 2, cut: 2, hold: 0, stall: 0, jump: 0, restart: 0, kill: 0, power: 0, loseDisk: 0, failDisk: 0
}

/** Each run does without some of the faults: what all of them together would hide, some alone may show. */
export function drawFaults (random: Random): Faults {
  const faults = { ...usual }
  for (const fault of ['expire', 'forgetDeletes', 'cut', 'hold', 'stall', 'jump', 'restart', 'kill', 'power', 'loseDisk', 'failDisk'] as const) {
    faults[fault] = random.chance(0.4) ? 0 : usual[fault] * random.between(1, 3)
  }
  return faults
}

export interface NemesisOptions {
  readonly world: World
  readonly random: Random
  readonly network: Network
  readonly nodes: readonly SimNode[]
  /** How long it waits between two of them, at most, in milliseconds. */
  readonly pauseMs: number
  readonly keys: number
  /** About how long values are, at most. */
  readonly valueBytes: number
}

const second = 1_000
const day = 86_400_000

/** Uses the nodes as users do, and does to them what happens to nodes: as its seed will have it. */
export class Nemesis {
  readonly #options: NemesisOptions
  readonly #random: Random
  #faults: Faults = usual
  #lots: ReadonlyArray<keyof Faults> = []
  #values = 0
  #left = 0

  constructor (options: NemesisOptions) {
    this.#options = options
    this.#random = options.random
  }

  /** Whether it has done all that it had in mind. */
  get isDone (): boolean { return this.#left <= 0 }

  /** Does so many things, one after the other, from now on. */
  begin (faults: Faults, actions: number): void {
    this.#faults = faults
    this.#lots = names.flatMap(fault => new Array<keyof Faults>(Math.round(faults[fault])).fill(fault))
    this.#left = actions
    this.#goOn()
  }

  /** Stops whoever has a disk, in order, and cuts whatever is connected: they start again as they were. */
  interlude (): void {
    this.#faults = peaceful
    for (const node of this.#options.nodes) if (node.disk !== undefined) this.#stop(node)
    for (const edge of this.#options.network.edges) this.#options.network.cut(edge)
  }

  #goOn (): void {
    if (this.isDone) return
    const { world, pauseMs } = this.#options
    // Most pauses are short: what happens within a round trip is what matters.
    const pause = this.#random.chance(0.7) ? this.#random.next() * pauseMs / 10 : this.#random.next() * pauseMs
    world.schedule(pause, () => {
      this.#left--
      this.#act(this.#random.pick(this.#lots))
      this.#goOn()
    })
  }

  #act (what: keyof Faults): void {
    const node = this.#random.pick(this.#options.nodes)
    switch (what) {
      case 'set': this.#write(node, key => this.#set(node, key, undefined)); break
      case 'expire': this.#write(node, key => this.#set(node, key, this.#random.pick([1, 20, 300, 5 * second, 60 * second]))); break
      case 'delete': this.#write(node, key => { if (node.delete(key)) this.#note(`${node.id} deletes ${key}`) }); break
      case 'forgetDeletes': this.#forget(node); break
      case 'cut': this.#edge('cut', (network, edge) => { network.cut(edge) }); break
      case 'hold': this.#edge('hold', (network, edge) => { this.#hold(network, edge) }); break
      case 'stall': this.#edge('stall', (network, edge) => { network.stall(edge, this.#random.next() * 5 * second) }); break
      case 'jump': this.#jump(node); break
      case 'restart': this.#stop(node); break
      case 'kill': case 'power': case 'loseDisk': this.#crash(node, what); break
      case 'failDisk': this.#failDisk(node)
    }
  }

  #note (line: string): void { this.#options.world.note(line) }

  // Use

  /** Also while it still reads its disk; one that has failed must refuse. */
  #write (node: SimNode, write: (key: string) => void): void {
    const key = `k${this.#random.between(1, this.#options.keys)}`
    if (node.phase === 'up' || node.phase === 'loading') write(key)
    else if (node.phase === 'failed') this.#mustRefuse(node, key)
  }

  #mustRefuse (node: SimNode, key: string): void {
    try {
      node.set(key, 'refused')
    } catch {
      return
    }
    throw new Violation(`${node.id} accepts a write although its storage has failed`)
  }

  #set (node: SimNode, key: string, ttlMs: number | undefined): void {
    // Now and then the same value as before, which is no change.
    if (!this.#random.chance(0.1)) this.#values++
    const length = this.#random.chance(0.3) ? this.#random.between(0, this.#options.valueBytes) : 0
    const value = length === 0 ? this.#values : `${this.#values}:${'x'.repeat(length)}`
    const changed = node.set(key, value, ttlMs)
    this.#note(`${node.id} sets ${key} = ${this.#values}${length === 0 ? '' : ` and ${length} characters`}${ttlMs === undefined ? '' : ` for ${ttlMs} ms`}${changed ? '' : ': no change'}`)
  }

  #forget (node: SimNode): void {
    if (node.phase !== 'up') return
    this.#note(`${node.id} forgets deletes`)
    node.forgetDeletes(this.#random.pick([0, 0, 1, 3]))
  }

  // Network

  #edge (what: string, act: (network: Network, edge: Edge) => void): void {
    const { network } = this.#options
    const edge = this.#random.pick(network.edges)
    this.#note(`${edge.nodes[0].id} - ${edge.nodes[1].id} ${what}`)
    act(network, edge)
  }

  #hold (network: Network, edge: Edge): void {
    network.hold(edge, true)
    this.#options.world.schedule(this.#random.next() * 10 * second, () => { network.hold(edge, false) })
  }

  // Nodes

  #jump (node: SimNode): void {
    const far = this.#random.pick([0, 2 * second, 20 * second, 40 * second, 70 * second, 3600 * second, day])
    const skewMs = this.#random.chance(0.3) ? 0 : Math.round((this.#random.next() * 2 - 1) * far)
    // Sometimes several ask the same server of time, which is wrong.
    for (const one of this.#random.chance(0.5) ? [node] : this.#options.nodes.filter(() => this.#random.chance(0.5))) {
      one.skewMs = skewMs
      this.#note(`${one.id} clock off by ${skewMs} ms`)
    }
  }

  #stop (node: SimNode): void {
    if (node.phase !== 'up') return
    this.#note(`${node.id} stops`)
    node.stop(done => { this.#options.network.leave(node, done) })
    this.#startLater(node)
  }

  #crash (node: SimNode, how: 'kill' | 'power' | 'loseDisk'): void {
    const { network } = this.#options
    if (how === 'loseDisk' && node.disk !== undefined && this.#random.chance(0.5)) return
    this.#note(`${node.id} ${how}`)
    network.drop(node)
    node.crash(how === 'power' ? 'power' : 'kill')
    if (how === 'loseDisk') node.disk?.wipe()
    this.#startLater(node)
  }

  #startLater (node: SimNode): void {
    const { world } = this.#options
    world.schedule(this.#random.next() * 3 * second, () => {
      if (node.phase === 'leaving') { this.#startLater(node); return }
      if (node.phase !== 'down') return
      if (node.disk !== undefined && this.#faults.failDisk > 0) node.disk.failsLoad = this.#random.chance(0.1)
      this.#note(`${node.id} starts`)
      node.start()
    })
  }

  /** Its next write fails; some time later somebody notices, repairs the disk, and starts it again. */
  #failDisk (node: SimNode): void {
    const { disk } = node
    if (disk === undefined) return
    this.#note(`${node.id} disk fails`)
    disk.failsWrites = true
    this.#options.world.schedule(this.#random.next() * 3 * second, () => { this.#repair(node) })
  }

  #repair (node: SimNode): void {
    node.disk?.repair()
    if (node.phase !== 'failed') return
    this.#note(`${node.id} disk repaired`)
    this.#options.network.drop(node)
    node.crash('kill')
    this.#startLater(node)
  }

  /** Everything is as it should be from now on, and stays so. */
  heal (): void {
    const { nodes, network, world } = this.#options
    this.#note('all is well')
    this.#faults = peaceful
    for (const node of nodes) {
      node.skewMs = 0
      this.#mend(node)
      // A write that was to fail may still be under way.
      world.schedule(second, () => { this.#mend(node) })
    }
    network.heal()
  }

  #mend (node: SimNode): void {
    this.#repair(node)
    if (node.phase === 'leaving') this.#options.world.schedule(100, () => { this.#mend(node) })
    else node.start()
  }
}
