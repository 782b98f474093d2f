import type { HearingGraph } from '../../lib/liveness/graph.js'

const isDifference = (found: string | undefined): boolean => found !== undefined

interface Statement { readonly from: string, readonly to: string, readonly life: string }

export type Question = 'reached' | 'heardBy' | 'chain'
export const questions: readonly Question[] = ['reached', 'heardBy', 'chain']

/** The definition, word by word and without any haste: a list of statements, gone through until nothing is added. */
export class HearingOracle {
  readonly #self: string
  readonly #lives = new Map<string, string | undefined>()
  #statements: Statement[] = []

  constructor (self: string) {
    this.#self = self
  }

  lives (id: string, life: string | undefined): void { this.#lives.set(id, life) }

  hears (from: string, to: string, life: string): void {
    this.hearsNot(from, to)
    if (from !== to) this.#statements.push({ from, to, life })
  }

  hearsNot (from: string, to: string): void {
    this.#statements = this.#statements.filter(said => said.from !== from || said.to !== to)
  }

  forget (from: string): void {
    this.#statements = this.#statements.filter(said => said.from !== from)
  }

  #present (): Statement[] {
    return this.#statements.filter(({ to, life }) => this.#lives.get(to) === life)
  }

  /** Who is reached, in how many steps: each round adds those whom one reached before it hears. */
  steps (): Map<string, number> {
    const steps = new Map([[this.#self, 0]])
    const present = this.#present()
    for (let round = 1; ; round++) {
      const added = present.filter(({ from, to }) => steps.has(from) && !steps.has(to))
      if (added.length === 0) return steps
      for (const { to } of added) steps.set(to, round)
    }
  }

  /** In what the graph's answers to what is `asked` about `ids` differ from the definition; undefined: in nothing. */
  differs (graph: HearingGraph, ids: readonly string[], asked: readonly Question[]): string | undefined {
    const steps = this.steps()
    const find = {
      reached: () => this.#differsInReached(graph, steps),
      heardBy: () => ids.map(id => this.#differsInHeardBy(graph, id, steps)).find(isDifference),
      chain: () => ids.map(id => this.#differsInChain(graph, id, steps)).find(isDifference)
    }
    return asked.map(question => find[question]()).find(isDifference)
  }

  #differsInReached (graph: HearingGraph, steps: ReadonlyMap<string, number>): string | undefined {
    const [told, right] = [[...graph.reached()].sort().join(), [...steps.keys()].sort().join()]
    return told === right ? undefined : `reached are ${right}, not ${told}`
  }

  #differsInHeardBy (graph: HearingGraph, id: string, steps: ReadonlyMap<string, number>): string | undefined {
    const right = this.#present().filter(({ from, to }) => to === id && steps.has(from)).map(({ from }) => from).sort().join()
    const told = graph.heardBy(id).sort().join()
    return told === right ? undefined : `${id} is heard by ${right}, not ${told}`
  }

  /** A chain is right if each of its steps is there and no shorter one is; there may be several. */
  #differsInChain (graph: HearingGraph, id: string, steps: ReadonlyMap<string, number>): string | undefined {
    const chain = graph.chain(id)
    if (chain?.length !== steps.get(id)) return `${id} is ${steps.get(id)} steps away, not ${chain?.length}`
    if (chain === undefined) return graph.nextHop(id) === undefined ? undefined : `there is no hop to ${id}`
    const present = this.#present()
    const hops = chain.map((to, i) => ({ from: chain[i - 1] ?? this.#self, to }))
    const isThere = hops.every(hop => present.some(({ from, to }) => from === hop.from && to === hop.to))
    return isThere && graph.nextHop(id) === chain[0] && (id === this.#self || chain.at(-1) === id) ? undefined : `${chain.join()} is no chain to ${id}`
  }
}
