import type { TendrilError } from '../ground/errors.js'
import type { QuorumFaults, UserAction } from './quorum-faults.js'
import type { QuorumLine } from './quorum-line.js'
import type { QuorumLosses } from './quorum-losses.js'
import type { QuorumNetwork } from './quorum-network.js'
import type { QuorumNode } from './quorum-node.js'
import type { Random } from './random.js'
import { Violation } from './violation.js'
import type { World } from './world.js'

export interface QuorumNemesisOptions {
  readonly world: World
  readonly random: Random
  readonly nodes: readonly QuorumNode[]
  readonly network: QuorumNetwork
  readonly losses: QuorumLosses
  /** A process goes down: nobody will hear what came of what it was asked. */
  readonly onCrash: (node: QuorumNode) => void
  /** Users of these nodes are busy now. */
  readonly busy: (nodes: readonly QuorumNode[]) => void
}

const second = 1_000
const day = 86_400 * second

/** Does to members, disks and lines what happens to them. `heal` ends all of it. */
export class QuorumNemesis {
  readonly #options: QuorumNemesisOptions
  readonly #random: Random
  /** The next configurations will reach some of their members late. */
  #strandings = 0
  #stranded: QuorumNode[] = []
  /** The members before the last joint configuration. */
  #former: readonly QuorumNode[] = []
  /** How much it has begun that takes several steps. */
  #plots = 0
  #isHealed = false

  constructor (options: QuorumNemesisOptions) {
    this.#options = options
    this.#random = options.random
  }

  /** Whether it has begun something that should come to its end. */
  get isBusy (): boolean { return this.#plots > 0 }

  act (what: Exclude<keyof QuorumFaults, UserAction>): void {
    const { nodes, network } = this.#options
    const node = this.#random.pick(nodes)
    const line = this.#random.pick(network.lines)
    const ms = this.#random.next() * this.#random.pick([50, 500, 3 * second])
    switch (what) {
      case 'cut': this.#note(`cut ${namesOf(line.nodes)}`); line.cut(this.#random.between(0, 300)); break
      case 'hold': this.#hold([line], ms); break
      case 'mute': this.#mute(line, ms); break
      case 'delay': this.#slow(line, ms, 'delayMs'); break
      case 'drip': this.#slow(line, ms, 'dripMs'); break
      case 'pause': this.#note(`${node.id} pauses`); node.pause(ms); break
      case 'jump': this.#note(`${node.id} is in another week`); node.jump(this.#random.between(-10, 10) * day); break
      case 'kill': case 'power': this.#crash(node, what, ms); break
      case 'blackout': for (const each of nodes) this.#crash(each, 'power', this.#random.next() * second); break
      case 'die': node.disk.onSynced = () => { this.#crash(node, 'kill', ms) }; break
      case 'fail': case 'rot': this.#failDisk(node, what, ms); break
      case 'wipe': this.#lose(node, 0, 0, ms); break
      case 'setBack': this.#lose(node, 0, node.disk.age, ms); break
      case 'lie': this.#lose(node, Math.max(0, node.disk.age - 20), node.disk.age, ms); break
      case 'usurp': this.#usurp(node); break
      case 'strand': this.#strandings += 6
    }
  }

  #note (line: string): void { this.#options.world.note(line) }

  /** Later, unless all is well by then. */
  #later (ms: number, call: () => void): void {
    this.#options.world.schedule(ms, () => { if (!this.#isHealed) call() })
  }

  /** Something that takes so long, with so many calls of these nodes in it. */
  #plot (ms: number, calls: number, callers: readonly QuorumNode[]): void {
    this.#plots++
    this.#later(ms, () => { this.#plots-- })
    for (let i = 1; i <= calls; i++) this.#later(ms * i / (calls + 1), () => { this.#options.busy(callers) })
  }

  // Lines

  #hold (lines: readonly QuorumLine[], ms: number): void {
    for (const line of lines) {
      this.#note(`hold ${namesOf(line.nodes)} for ${ms.toFixed()} ms`)
      line.heldUntil = Math.max(line.heldUntil, this.#options.world.now + ms)
      line.cut(this.#random.between(0, 300))
    }
  }

  #mute (line: QuorumLine, ms: number): void {
    const side = this.#random.between(0, 1) as 0 | 1
    this.#note(`${line.nodes[side].id} is not heard by ${line.nodes[1 - side]!.id} for ${ms.toFixed()} ms`)
    line.isMute[side] = true
    this.#later(ms, () => { line.isMute[side] = false })
  }

  #slow (line: QuorumLine, ms: number, how: 'delayMs' | 'dripMs'): void {
    const by = this.#random.next() * this.#random.pick([20, 200, second])
    this.#note(`${how} of ${namesOf(line.nodes)} is ${by.toFixed()} for ${ms.toFixed()} ms`)
    line[how] = by
    this.#later(ms, () => { line[how] = 0 })
  }

  // Processes and disks

  #crash (node: QuorumNode, kind: 'kill' | 'power', ms: number): void {
    if (node.core === undefined) return
    this.#note(`${node.id} ${kind}`)
    this.#options.onCrash(node)
    for (const line of this.#options.network.of(node)) line.cut(this.#random.between(0, 300), node)
    node.crash(kind)
    this.#later(ms, () => { node.start() })
  }

  #failDisk (node: QuorumNode, what: 'fail' | 'rot', ms: number): void {
    this.#note(`the disk of ${node.id}: ${what}`)
    const atStart = what === 'rot' || this.#random.chance(0.5)
    if (what === 'rot') node.disk.rots = true
    else if (atStart) node.disk.failsLoad = true
    else node.disk.failsWrites = true
    if (atStart) this.#crash(node, 'power', ms)
  }

  /** The end of a process, as a failed disk is; its user looks after the disk and starts it again. */
  failed (node: QuorumNode, error: TendrilError): void {
    const { disk } = node
    if (error !== disk.failure && !(disk.isDamaged && error.code === 'STORAGE_FAILED')) {
      throw new Violation(`the storage of ${node.id} failed: ${error.message}`, { cause: error })
    }
    this.#note(`${node.id} says: ${error.message}`)
    this.#crash(node, 'kill', second)
    disk.repair()
    if (this.#isHealed) node.start()
  }

  /** A member's disk goes back to one of these ages, while all others keep theirs. @returns whether it may */
  #lose (node: QuorumNode, from: number, to: number, ms: number): boolean {
    const age = this.#options.losses.draw(node, from, to)
    if (age === undefined) return false
    this.#note(`the disk of ${node.id} goes back from ${node.disk.age} to ${age}`)
    this.#options.losses.lose(node)
    this.#crash(node, 'power', ms)
    node.disk.setBack(age)
    return true
  }

  /** Its user has been told that the disk is not what it was, and begins with an empty one. */
  empty (node: QuorumNode): void {
    this.#crash(node, 'power', second)
    this.#note(`${node.id} begins with an empty disk`)
    node.disk.wipe()
    if (this.#isHealed) node.start()
  }

  /**
   * While some can't be reached, a member and the others do what they will; then the member loses power, or its disk, and meets those alone who could
   * not be reached before. Together they would be enough.
   */
  #usurp (node: QuorumNode): void {
    const { nodes, network } = this.#options
    const others = nodes.filter(other => other !== node && other.isUp)
    if (others.length < 2) return
    const away = shuffled(others, this.#random).slice(0, others.length >> 1)
    const rest = others.filter(other => !away.includes(other))
    const [first, second] = [this.#random.between(100, 600), this.#random.between(200, 1_500)]
    const { age } = node.disk
    this.#hold(network.between(away, [node, ...rest]), first)
    this.#plot(first, 2, [node, ...rest])
    this.#later(first - this.#random.between(0, 50), () => { this.#options.busy([node, ...rest]) })
    this.#later(first, () => {
      if (node.core === undefined) return
      this.#hold(network.between(rest, [node, ...away]), second)
      const ms = this.#random.between(0, 100)
      if (this.#random.chance(0.5) || !this.#lose(node, 0, Math.min(age, node.disk.age), ms)) this.#crash(node, 'power', ms)
      this.#plot(second, 5, [node, ...away])
    })
  }

  // Configurations

  /**
   * Somebody is the first who adopts a configuration. Of those who were members before some hear of it late: of a joint one a single node, of the next one
   * more together with it, so that those who are behind might pass for a quorum of what was.
   */
  adopted (node: QuorumNode, isJoint: boolean, before: readonly QuorumNode[]): void {
    if (this.#strandings === 0 || this.#isHealed) return
    this.#strandings--
    const { nodes, network } = this.#options
    if (isJoint) this.#former = before
    const others = this.#former.filter(other => other !== node && !this.#stranded.includes(other))
    const behind = this.#random.chance(0.5) ? others : shuffled(others, this.#random)
    const stranded = [...isJoint ? [] : this.#stranded, ...behind.slice(0, 1)]
    const ms = isJoint ? this.#random.between(500, 5_000) : this.#random.between(300, 2_500)
    this.#hold(network.between(stranded, nodes.filter(other => !stranded.includes(other))), ms)
    for (const line of network.between(stranded, stranded)) line.heldUntil = 0
    this.#stranded = isJoint ? stranded : []
    this.#plot(ms, isJoint ? 3 : 9, nodes)
  }

  heal (): void {
    const { nodes, network } = this.#options
    this.#note('all is well')
    this.#isHealed = true
    network.heal()
    for (const node of nodes) {
      if (!node.isUp || node.disk.failsWrites) node.disk.repair()
      node.disk.onSynced = undefined
      node.start()
    }
  }
}

function namesOf (nodes: readonly QuorumNode[]): string { return nodes.map(({ id }) => id).join(' - ') }

function shuffled<T> (items: readonly T[], random: Random): T[] {
  const left = [...items]
  return items.map(() => left.splice(random.between(0, left.length - 1), 1)[0]!)
}
