import type { MemberEvent } from '../liveness/events.js'
import { ClusterLink } from './cluster-link.js'
import type { ClusterEnd } from './cluster-link.js'
import { ClusterNode } from './cluster-node.js'
import type { ClusterTimes } from './cluster-node.js'
import { drawOverlay } from './cluster-overlay.js'
import { Disk } from './disk.js'
import type { Random } from './random.js'
import { expect } from './violation.js'
import { World } from './world.js'

export interface ClusterOptions {
  readonly seed: number
  readonly times?: Partial<ClusterTimes>
  /** How long messages are under way at least and at most, in milliseconds. Default: 1 and 1. */
  readonly delayMs?: readonly [number, number]
  /** Whether nodes open links to members whom others ask them to look after. Default: false. */
  readonly dials?: boolean
  /** The invariants of the nodes are checked after every so many steps; 0: never. Default: 0. */
  readonly checkEvery?: number
  readonly onTrace?: (line: string) => void
}

export interface AddOptions {
  /** Default: the id. */
  readonly name?: string
  readonly facts?: Readonly<Record<string, unknown>>
  readonly skewMs?: number
  readonly hasDisk?: boolean
}

export type ClusterListener = (node: ClusterNode, event: MemberEvent) => void

const day = 86_400_000
const defaultTimes: ClusterTimes = { heartbeatMs: 1_000, phiThreshold: 8, suspectMs: 2_400, retentionMs: day, deletesKept: 1_000 }
/** How long a link that was asked for by a probe is kept. */
const probeLinkMs = 15_000
/** How long after the end of a link that is kept the next one is tried, in milliseconds. */
const retryMs = { least: 100, most: 1_500 }

/** How long the nodes of a new cluster may take to know each other, in milliseconds. */
const formingMs = 10_000

/** Two nodes that are kept connected. */
interface Tie {
  readonly nodes: readonly [ClusterNode, ClusterNode]
  isTrying: boolean
}

/**
 * Members in a world of virtual time, linked to each other: the production core on the production host, with messages that
 * travel whole instead of as bytes, so that a thousand members fit into one process.
 */
export class Cluster {
  readonly world: World
  readonly random: Random
  readonly nodes: ClusterNode[] = []
  readonly links = new Set<ClusterLink>()
  readonly listeners = new Set<ClusterListener>()
  /** Bytes sent since they began to be counted; undefined: they are not. */
  bytes: number | undefined
  readonly #options: ClusterOptions
  readonly #ties: Tie[] = []
  #dirty: ClusterEnd[] = []
  #isApart: (a: ClusterNode, b: ClusterNode) => boolean = () => false

  constructor (options: ClusterOptions) {
    const { seed, onTrace, checkEvery = 0 } = options
    this.#options = options
    this.world = new World({
      seed,
      onTrace,
      afterStep: () => {
        this.#pump()
        if (checkEvery > 0 && this.world.steps % checkEvery === 0) this.check()
      }
    })
    this.random = this.world.random.fork()
  }

  /** Those who run. */
  get up (): ClusterNode[] { return this.nodes.filter(({ isUp }) => isUp) }

  get (name: string): ClusterNode {
    const node = this.nodes.find(node => node.name === name)
    if (node === undefined) throw new RangeError(`there is no node ${name}`)
    return node
  }

  /** Those of one node. */
  linksOf (node: ClusterNode): ClusterLink[] { return [...this.links].filter(link => link.touches(node)) }

  check (): void {
    for (const node of this.up) if (node.isAwake) node.members.check()
  }

  // Nodes

  add (id: string, { name = id, facts = {}, skewMs = 0, hasDisk = false }: AddOptions = {}): ClusterNode {
    const node = new ClusterNode({
      id,
      name,
      facts,
      skewMs,
      world: this.world,
      random: this.random.fork(),
      times: { ...defaultTimes, ...this.#options.times },
      disk: hasDisk ? new Disk(this.world) : undefined,
      onEvent: (node, event) => { this.#hear(node, event) }
    })
    this.nodes.push(node)
    return node
  }

  #hear (node: ClusterNode, event: MemberEvent): void {
    if (event.kind === 'refused') this.#shut(node)
    else if (event.kind === 'acknowledged') this.#noticeLeft(node)
    else if (event.kind === 'probe' && this.#options.dials === true) this.#dial(node, event.address)
    for (const listener of this.listeners) listener(node, event)
  }

  #dial (node: ClusterNode, name: string): void {
    const target = this.nodes.find(other => other.name === name)
    if (target === undefined || this.linksOf(node).some(link => link.joins(node, target))) return
    const link = this.connect(node, target)
    if (link !== undefined) this.world.schedule(probeLinkMs, () => { link.cut() }, false)
  }

  /** A node that was refused closes its links, after this turn: without a code, which would tell the others that they are. */
  #shut (node: ClusterNode): void {
    this.world.schedule(0, () => {
      for (const link of this.linksOf(node)) link.cut()
    })
  }

  /** Whoever has left goes once somebody has heard that it does. */
  #noticeLeft (node: ClusterNode): void {
    this.world.schedule(0, () => { if (node.isUp && node.isLeaving && node.wasHeardOut) this.crash(node, 'closing') })
  }

  /** `closing`: its links close, as when a process ends; `silent`: nothing is heard any more, as when a machine loses power. */
  crash (node: ClusterNode, how: 'closing' | 'silent'): void {
    node.crash()
    if (how === 'closing') this.#reset(node)
  }

  /** Its ends of links are gone, and the others learn of it. */
  #reset (node: ClusterNode): void {
    for (const link of this.linksOf(node)) link.end(end => end.node === node ? undefined : this.#delayMs())
  }

  /** It starts anew; what was left of its links is reset. */
  restart (node: ClusterNode): void {
    this.#reset(node)
    node.start()
    for (const tie of this.#ties) if (tie.nodes.includes(node)) this.#try(tie, 0)
  }

  // Links

  /** Opens a link, if the two can reach each other. Before `roomAt` nothing but hellos passes. */
  connect (a: ClusterNode, b: ClusterNode, roomAt = 0): ClusterLink | undefined {
    if (!this.canMeet(a, b)) return undefined
    const link = new ClusterLink(a, b, {
      world: this.world,
      delayMs: () => this.#delayMs(),
      roomAt,
      onDirty: end => {
        // It may be a user's doing, between two steps of the world.
        if (this.#dirty.push(end) === 1) this.world.schedule(0, () => {}, false)
      },
      onClosed: link => {
        this.links.delete(link)
        for (const tie of this.#ties) if (link.joins(...tie.nodes)) this.#try(tie, this.random.between(retryMs.least, retryMs.most))
      },
      onBytes: (_, bytes) => { if (this.bytes !== undefined) this.bytes += bytes }
    })
    this.links.add(link)
    return link
  }

  canMeet (a: ClusterNode, b: ClusterNode): boolean {
    return [a, b].every(({ isUp, refusal }) => isUp && refusal === undefined) && !this.#isApart(a, b)
  }

  /** Keeps two nodes connected from now on, whenever both are there. */
  tie (a: ClusterNode, b: ClusterNode): void {
    const tie: Tie = { nodes: [a, b], isTrying: false }
    this.#ties.push(tie)
    this.#try(tie, 0)
  }

  #try (tie: Tie, afterMs: number): void {
    if (tie.isTrying || !this.#ties.includes(tie)) return
    tie.isTrying = true
    this.world.schedule(afterMs, () => {
      tie.isTrying = false
      if (this.linksOf(tie.nodes[0]).some(link => link.joins(...tie.nodes))) return
      if (this.#ties.includes(tie) && this.connect(...tie.nodes) === undefined) this.#try(tie, retryMs.most)
    }, false)
  }

  /** Lets two nodes be, who were kept connected, and cuts their links. */
  untie (a: ClusterNode, b: ClusterNode): void {
    const at = this.#ties.findIndex(({ nodes }) => nodes.includes(a) && nodes.includes(b))
    if (at >= 0) this.#ties.splice(at, 1)
    for (const link of this.linksOf(a)) if (link.joins(a, b)) link.cut()
  }

  /** From now on those can not reach each other of whom this is true; links between them are cut. */
  part (isApart: (a: ClusterNode, b: ClusterNode) => boolean): void {
    this.#isApart = isApart
    for (const link of [...this.links]) if (isApart(link.ends[0].node, link.ends[1].node)) link.cut()
  }

  /** Everybody can reach everybody again. */
  heal (): void { this.#isApart = () => false }

  #delayMs (): number {
    const [least, most] = this.#options.delayMs ?? [1, 1]
    return least === most ? least : least + this.random.next() * (most - least)
  }

  /** What comes at one instant is answered as a whole. */
  #pump (): void {
    if (this.world.next === this.world.now) return
    const ends = this.#dirty
    this.#dirty = []
    for (const end of ends) end.pump()
  }

  // Time

  runFor (ms: number): void {
    const end = this.world.now + ms
    while ((this.world.next ?? Infinity) <= end) this.world.step()
    this.world.sleep(end - this.world.now)
  }

  /** @returns how long it took, in milliseconds @throws Violation where that is more than `withinMs` */
  runUntil (isDone: () => boolean, withinMs: number, what: () => string, everyMs = 100): number {
    const { now } = this.world
    while (!isDone()) {
      expect(this.world.now - now < withinMs, () => `after ${withinMs} ms still not: ${what()}`)
      this.runFor(everyMs)
    }
    return this.world.now - now
  }

  // Beginning

  /** So many nodes of so many links each, who all know each other. */
  static formed (size: number, links: number, options: ClusterOptions): Cluster {
    const cluster = new Cluster(options)
    for (let i = 0; i < size; i++) cluster.add(`n${i}`)
    cluster.form(links)
    return cluster
  }

  /**
   * Links all nodes, and waits until everybody takes everybody for alive. The first links make a tree, and the others have
   * room once all is told along that: through all links at once everything would come to everybody eight times.
   */
  form (links: number): void {
    const { nodes } = this
    const { tree, others } = drawOverlay(this.random, nodes.length, links)
    for (const [a, b] of tree) this.connect(nodes[a]!, nodes[b]!)
    this.awaitAlive(formingMs)
    const roomAt = this.world.now + 1_000
    for (const [a, b] of others) this.connect(nodes[a]!, nodes[b]!, roomAt)
    this.runFor(2_000)
    this.awaitAlive(formingMs)
  }

  /** @returns how long it took until everybody who runs took everybody who runs for alive, in milliseconds */
  awaitAlive (withinMs: number): number {
    return this.runUntil(() => this.#stranger() === undefined, withinMs, () => this.#stranger() ?? '')
  }

  #stranger (): string | undefined {
    const here = this.up.filter(({ refusal }) => refusal === undefined)
    for (const { name, members: { roster } } of here) {
      const stranger = here.find(({ id }) => roster.get(id)?.status !== 'alive')
      if (stranger !== undefined) return `${name} takes ${stranger.id} for ${roster.get(stranger.id)?.status ?? 'nobody'}`
    }
    return undefined
  }
}
