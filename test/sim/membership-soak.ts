import { Cluster } from '../../lib/sim/index.js'
import type { ClusterNode } from '../../lib/sim/index.js'
import { Violation } from '../../lib/sim/violation.js'

/** So long after its last trouble nobody may be declared dead any more, in milliseconds. */
const graceMs = 5_000
const stepMs = 100
const day = 86_400_000

/** One run: whatever can happen to a few nodes, and then all is well. @throws Violation | Error where something is wrong */
export function runSoak (seed: number, onTrace?: (line: string) => void): void {
  new Soak(seed, onTrace).run()
}

class Soak {
  readonly #cluster: Cluster
  readonly #fate = new Map<ClusterNode, 'alive' | 'dead' | 'left'>()
  /** When two nodes last could not hear each other, by their names. */
  readonly #troubles = new Map<string, number>()
  readonly #actions: number

  constructor (seed: number, onTrace?: (line: string) => void) {
    this.#cluster = new Cluster({ seed, delayMs: [0.2, 20], dials: seed % 2 === 0, checkEvery: 3, ...(onTrace === undefined ? {} : { onTrace }) })
    const { random } = this.#cluster
    this.#actions = random.between(20, 80)
    const hasDisks = random.pick([0, 0.5, 1])
    for (let i = random.between(5, 9); i > 0; i--) this.#cluster.add(`n${i}`, { hasDisk: random.chance(hasDisks), facts: { start: 0 } })
    this.#cluster.listeners.add((node, event) => {
      if (event.kind === 'acknowledged') return
      this.#cluster.world.note(`${node.name} tells ${event.kind} ${'member' in event ? event.member.id : ''}`)
      if (event.kind === 'dead') this.#mourn(node, event.member.id)
      if (event.kind === 'refused' || event.kind === 'conflict') throw new Violation(`${node.name} tells ${event.kind}`)
    })
  }

  run (): void {
    const { nodes, random } = this.#cluster
    for (const node of nodes) this.#fate.set(node, 'alive')
    const order = [...nodes]
    for (const [i, node] of order.slice(1).entries()) this.#cluster.tie(node, order[random.between(0, i)]!)
    this.#cluster.awaitAlive(10_000)
    for (let i = 0; i < this.#actions; i++) {
      this.#act()
      this.#pass(random.pick([20, 300, 3_000, 8_000]))
    }
    this.#heal()
    this.#judge()
  }

  /** Time passes, and it is noted who could hear whom. */
  #pass (ms: number): void {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.#look()
      this.#cluster.runFor(Math.min(stepMs, ms - passed))
    }
  }

  #look (): void {
    const { nodes, world } = this.#cluster
    for (const from of nodes) {
      const reached = this.#component(from)
      for (const to of nodes) if (!reached.has(to)) this.#troubles.set(`${from.name} ${to.name}`, world.now)
    }
  }

  #component (from: ClusterNode): Set<ClusterNode> {
    const reached = new Set<ClusterNode>(from.isUp && from.isAwake ? [from] : [])
    for (const node of reached) {
      for (const link of this.#cluster.linksOf(node)) {
        if (!link.isOpen || link.isHung) continue
        for (const end of link.ends) if (end.node.isUp && end.node.isAwake) reached.add(end.node)
      }
    }
    return reached
  }

  #mourn (by: ClusterNode, id: string): void {
    const { world } = this.#cluster
    const last = this.#troubles.get(`${by.name} ${id}`) ?? -Infinity
    if (world.now - last > graceMs) throw new Violation(`${by.name} declared ${id} dead ${world.now - last} ms after the last trouble between them`)
  }

  #act (): void {
    const { random, links, up, world } = this.#cluster
    const node = random.pick(up)
    const link = links.size === 0 ? undefined : random.pick([...links])
    const action = random.pick([
      'set', 'set', 'delete', 'expire', 'tie', 'untie', 'cut', 'hang', 'release', 'block', 'block', 'crash', 'restart', 'restart', 'leave', 'jump', 'part', 'heal'
    ] as const)
    world.note(`${action} ${node.name} ${link?.ends.map(end => end.node.name).join('-')}`)
    switch (action) {
      case 'set': if (!node.isLeaving) node.set(random.pick(['a', 'b']), random.between(0, 9)); break
      case 'delete': if (!node.isLeaving) node.delete(random.pick(['a', 'b'])); break
      case 'expire': if (!node.isLeaving) node.set('c', 1, random.between(10, 10_000)); break
      case 'tie': { const other = random.pick(up); if (other !== node) this.#cluster.tie(node, other); break }
      case 'untie': this.#cluster.untie(node, random.pick(up)); break
      case 'cut': link?.cut(); break
      case 'hang': link?.hang(); break
      case 'release': link?.release(); break
      case 'block': node.loop.block(random.pick([500, 3_000, 5_000, 30_000]), random.pick(['timers', 'arrivals'])); break
      case 'crash': if (up.length > 3) this.#crash(node); break
      case 'restart': this.#restart(); break
      case 'leave': if (up.length > 3 && node.isAwake) { node.leave(); this.#fate.set(node, 'left') } break
      case 'jump': node.skewMs += random.pick([-day, day, 3_600_000]); break
      case 'part': { const half = new Set(up.filter(() => random.chance(0.5))); this.#cluster.part((a, b) => half.has(a) !== half.has(b)); break }
      case 'heal': this.#cluster.heal()
    }
    this.#look()
  }

  #crash (node: ClusterNode): void {
    if (node.isLeaving) return
    this.#cluster.crash(node, this.#cluster.random.pick(['closing', 'silent']))
    this.#fate.set(node, 'dead')
  }

  #restart (): void {
    const { nodes, random } = this.#cluster
    const down = nodes.filter(({ isUp }) => !isUp)
    if (down.length === 0) return
    const node = random.pick(down)
    // A clock that is far off at the start is another story, which a test of its own tells.
    node.skewMs = 0
    this.#fate.set(node, 'alive')
    this.#cluster.restart(node)
  }

  #heal (): void {
    const { links, nodes } = this.#cluster
    this.#cluster.world.note('all is well')
    this.#cluster.heal()
    for (const link of [...links]) if (link.isHung) link.cut()
    for (const [i, node] of nodes.entries()) this.#cluster.tie(node, nodes[(i + 1) % nodes.length]!)
    // Whoever leaves can say so now, and goes.
    this.#pass(45_000)
    const { up } = this.#cluster
    for (const [i, node] of up.entries()) this.#cluster.tie(node, up[(i + 1) % up.length]!)
    this.#pass(45_000)
  }

  #judge (): void {
    const { up, nodes } = this.#cluster
    this.#cluster.check()
    for (const { name, members } of up) {
      for (const node of nodes) {
        const fate = this.#fate.get(node)
        const status = members.roster.get(node.id)?.status
        const isRight = status === fate || (fate !== 'alive' && (status === undefined || status === 'dead' || status === 'left'))
        if (!isRight) throw new Violation(`${name} takes ${node.name} for ${status}, which is ${fate}`)
        if (fate !== 'alive' || !node.isUp) continue
        const [own, seen] = [node.members.self.facts, members.roster.get(node.id)?.facts].map(facts => JSON.stringify([...facts ?? []].sort()))
        if (own !== seen) throw new Violation(`${name} holds ${seen} of ${node.name}, which says ${own}`)
      }
    }
  }
}
