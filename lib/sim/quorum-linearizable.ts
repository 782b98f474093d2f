/**
 * An operation on one element as its caller saw it. Without an end it may take effect at any time after its beginning, or
 * never; `answer` undefined: what it came to is not known.
 */
export interface Call {
  readonly element: string
  readonly kind: 'add' | 'rem' | 'get'
  /** Whose add it is; for a `rem`, empty: whoever holds it. */
  readonly token: string
  readonly begin: number
  readonly end: number | undefined
  readonly answer: CallAnswer | undefined
}

export interface CallAnswer {
  readonly code: 'added' | 'removed' | 'taken' | 'absent' | 'kept' | 'seen'
  /** Who holds the element; empty: nobody; undefined: the caller was not told. */
  readonly token?: string
  /** The holder's fence: where it is told, adds must take effect in the order of their fences, which makes the search short. */
  readonly fence?: string
}

/**
 * Whether calls are linearizable: whether each can be given a moment between its beginning and its end, so that in the order
 * of these moments a set that does one thing at a time would have answered the same. Elements are independent, so each is judged by itself.
 *
 * Wing and Gong, *Testing and Verifying Concurrent Objects*; Lowe, *Testing for Linearizability* (which remembers the states that were
 * tried); Horn and Kroening, *Faster Linearizability Checking via P-compositionality*.
 *
 * @returns the element whose calls are not; undefined: all are
 */
export function findUnlinearizable (calls: readonly Call[]): string | undefined {
  const byElement = new Map<string, Call[]>()
  for (const call of calls) byElement.set(call.element, [...byElement.get(call.element) ?? [], call])
  for (const [element, own] of byElement) if (!isLinearizable(own)) return element
  return undefined
}

/**
 * Without what can be left out of any order in which it stands: of calls that were never answered the reads, and adds whose token nobody
 * has seen, where whoever removed or met an element was told its token. Such an add could only be undone by a removal that was not answered either.
 */
function relevant (calls: readonly Call[]): Call[] {
  const seen = new Set(calls.map(({ answer }) => answer?.token ?? ''))
  const areAllTold = calls.every(({ answer }) => answer === undefined || answer.code === 'absent' || answer.token !== undefined)
  return calls.filter(({ kind, token, end, answer }) => (
    end !== undefined || answer !== undefined || kind === 'rem' || (kind === 'add' && (!areAllTold || seen.has(token)))
  ))
}

/** Of tokens that one add alone has: of several, each may have taken effect under a fence of its own. */
function fencesOf (calls: readonly Call[]): Map<string, string> {
  const fences = new Map(calls.flatMap(({ answer }) => answer?.fence !== undefined && answer.fence !== '' && answer.token !== undefined ? [[answer.token, answer.fence] as const] : []))
  const adds = new Set<string>()
  for (const { kind, token } of calls) {
    if (kind === 'add' && adds.has(token)) fences.delete(token)
    if (kind === 'add') adds.add(token)
  }
  return fences
}

interface Step {
  readonly call: Call
  readonly holder: string
}

/** Searches depth first for an order; a set of calls done together with the holder then is tried once. */
function isLinearizable (calls: readonly Call[]): boolean {
  const order = relevant(calls).sort((a, b) => a.begin - b.begin)
  const done = new Uint8Array(order.length)
  const fences = fencesOf(calls)
  let missing = order.filter(({ end }) => end !== undefined).length
  const tried = new Set<string>()
  const stack: Array<{ readonly options: Array<[index: number, holder: string]>, readonly taken: number }> = []
  const enter = (taken: number, holder: string): void => { stack.push({ options: nextSteps(order, done, holder, fences).reverse(), taken }) }
  enter(-1, '')
  while (missing > 0) {
    const top = stack.at(-1)
    if (top === undefined) return false
    const option = top.options.pop()
    if (option === undefined) {
      stack.pop()
      if (top.taken >= 0) {
        done[top.taken] = 0
        if (order[top.taken]!.end !== undefined) missing++
      }
      continue
    }
    const [index, holder] = option
    done[index] = 1
    const key = `${keyOf(done)} ${holder}`
    if (tried.has(key)) { done[index] = 0; continue }
    tried.add(key)
    if (order[index]!.end !== undefined) missing--
    enter(index, holder)
  }
  return true
}

/**
 * What may come next: a call that began before any other that is not done ended, and was answered as it would be now. One that changes
 * nothing can as well come at once, so nothing else is tried beside it. Of the others, whoever ended first is tried first.
 */
function nextSteps (order: readonly Call[], done: Uint8Array, holder: string, fences: ReadonlyMap<string, string>): Array<[index: number, holder: string]> {
  let firstEnd = Infinity
  order.forEach((call, i) => { if (done[i] === 0 && call.end !== undefined) firstEnd = Math.min(firstEnd, call.end) })
  const steps: Array<[index: number, holder: string]> = []
  let firstFence: string | undefined
  order.forEach(({ kind, token, answer }, i) => {
    const fence = kind === 'add' && (answer === undefined || answer.code === 'added') ? fences.get(token) : undefined
    if (done[i] === 0 && fence !== undefined && (firstFence === undefined || fence < firstFence)) firstFence = fence
  })
  let hasRemoved = false
  for (let i = 0; i < order.length; i++) {
    const call = order[i]!
    if (call.begin > firstEnd) break
    const step = done[i] === 1 ? undefined : perform(call, holder)
    if (step === undefined) continue
    const isOpen = call.end === undefined
    if (step.holder === holder) {
      // Of those that were never answered, what would change nothing need never come.
      if (isOpen) continue
      return [[i, holder]]
    }
    if (call.kind === 'add' && firstFence !== undefined && (fences.get(call.token) ?? firstFence) !== firstFence) continue
    // Removals that were never answered are all alike once they have begun: one of them is tried.
    if (isOpen && call.kind === 'rem' && call.token === '') {
      if (hasRemoved) continue
      hasRemoved = true
    }
    steps.push([i, step.holder])
  }
  return steps.sort(([a], [b]) => (order[a]!.end ?? Infinity) - (order[b]!.end ?? Infinity))
}

/** What a set that does one thing at a time would do; undefined: it would have answered otherwise. */
function perform (call: Call, holder: string): Step | undefined {
  const { code, told, next } = sequential(call, holder)
  const { answer } = call
  if (answer !== undefined && (answer.code !== code || (answer.token ?? told) !== told)) return undefined
  return { call, holder: next }
}

/** A set that does one thing at a time: what it answers, and who holds the element then. */
export function sequential (call: Pick<Call, 'kind' | 'token'>, holder: string): { code: CallAnswer['code'], told: string, next: string } {
  const { code, next } = comeTo(call, holder)
  return { code, told: code === 'added' ? next : holder, next }
}

function comeTo ({ kind, token }: Pick<Call, 'kind' | 'token'>, holder: string): { code: CallAnswer['code'], next: string } {
  switch (kind) {
    case 'get': return { code: 'seen', next: holder }
    case 'add':
      if (holder === '') return { code: 'added', next: token }
      return { code: holder === token ? 'added' : 'taken', next: holder }
    case 'rem':
      if (holder === '') return { code: 'absent', next: '' }
      return token !== '' && token !== holder ? { code: 'kept', next: holder } : { code: 'removed', next: '' }
  }
}

/** The done calls in few characters: those before the first that is not done need not be told apart. */
function keyOf (done: Uint8Array): string {
  const first = done.indexOf(0)
  return first === -1 ? 'all' : `${first}:${done.subarray(first, done.lastIndexOf(1) + 1).join('')}`
}
