import { Acceptor } from '../quorum/acceptor.js'
import type { Answer } from '../quorum/cells.js'
import type { OperationKind } from '../quorum/execute.js'
import { laneOf } from '../quorum/lanes.js'
import type { Body } from '../quorum/messages.js'
import { Owner } from '../quorum/owner.js'
import { Reading } from '../quorum/reading.js'
import { Released } from '../quorum/released.js'
import type { QuorumSystem } from '../quorum/systems.js'
import { termOf, termOfStamp } from '../quorum/terms.js'

/** A message under way, for ever: it may arrive at any time, any number of times, or never. */
export interface Letter {
  readonly from: string
  readonly to: string
  readonly body: Body
}

/** An operation of the exploration: who executes it, and whose it is. */
export interface ExploredOperation {
  /** Owners that may be asked to execute it, in this order; none: it is a read that asks the acceptors. */
  readonly owners: readonly number[]
  readonly kind: OperationKind
  readonly token: string
}

export type Input =
  | { readonly type: 'letter', readonly from: string, readonly body: Body }
  /** An owner begins to prepare, or a reader to read. */
  | { readonly type: 'start' }
  | { readonly type: 'operation', readonly number: number, readonly operation: ExploredOperation }

export interface Output {
  readonly letters: readonly Letter[]
  readonly answers: ReadonlyArray<{ readonly number: number, readonly answer: Answer }>
}

/** A process of the exploration: production code, and what hands it its inputs. Its state is what `state` holds. */
export interface Process {
  readonly state: unknown
  /** Whether an owner takes operations. */
  readonly isReady: boolean
  readonly take: (input: Input) => Output
  /** Whether nothing that matters will ever come of this message any more. */
  readonly ignores: (body: Body) => boolean
}

const element = 'x'
const origin = { id: 'origin', incarnation: 1 }
const silence: Output = { letters: [], answers: [] }

export function acceptorProcess (id: string): Process {
  const acceptor = new Acceptor()
  const receive = (body: Body): Body | undefined => {
    switch (body.type) {
      case 'prepare': return acceptor.prepare(body.lane, body.term, body.cursor).reply
      case 'accept': return acceptor.accept(body).reply
      case 'read': return acceptor.read(body, body.element).reply
      case 'repair': return acceptor.repair(body, body.element, body.stamped).reply
      default: return undefined
    }
  }
  return {
    state: acceptor,
    isReady: true,
    ignores: body => {
      const { promised, closed, cells } = acceptor.lane(laneOf(element))
      if (body.type === 'prepare') return promised >= body.term
      if (body.type === 'accept') return promised > body.term || (promised === body.term && closed > body.through)
      return body.type === 'repair' && (promised > termOfStamp(body.stamped.stamp) || (cells.get(element)?.stamp ?? '') >= body.stamped.stamp)
    },
    take: input => {
      const reply = input.type === 'letter' ? receive(input.body) : undefined
      acceptor.check()
      return reply === undefined || reply.type === 'refuse' || input.type !== 'letter' ? silence : { letters: [{ from: id, to: input.from, body: reply }], answers: [] }
    }
  }
}

/**
 * An owner begins to prepare with its first operation. A refusal would only end it, and an owner to which nothing is delivered
 * any more has ended as well: so refusals need not be followed.
 */
export function ownerProcess (id: string, round: number, system: QuorumSystem): Process {
  const owner = new Owner(laneOf(element), termOf(round, id, 1), system, new Released())
  const early: Array<Input & { readonly type: 'operation' }> = []
  const answers = (list: ReadonlyArray<{ readonly n: number } & Answer>): Output['answers'] =>
    list.map(({ n, code, token, fence }) => ({ number: n - 1, answer: { code, token, fence } }))
  const execute = ({ number, operation: { kind, token } }: Input & { readonly type: 'operation' }): Output['answers'] =>
    answers(owner.forward(origin, element, [{ n: number + 1, kind, token }]))
  const receive = (from: string, body: Body): Output['answers'] => {
    if (body.type === 'ack' && body.term === owner.term) return owner.acknowledged(from, body.closed, body.round).flatMap(waiter => answers(waiter.answers))
    if (body.type !== 'promise' || body.term !== owner.term || !owner.promised(from, body.cursor, body.next, body.entries)) return []
    return early.splice(0).flatMap(execute)
  }
  return {
    state: [owner, early],
    get isReady () { return owner.isOwning },
    ignores: body => owner.isOwning && (body.type === 'promise' || owner.waiting.changes.length + owner.waiting.refusals.length === 0),
    take: input => {
      let answered: Output['answers'] = []
      if (input.type === 'letter') answered = receive(input.from, input.body)
      else if (input.type === 'operation' && owner.isOwning) answered = execute(input)
      else if (input.type === 'operation') early.push(input)
      owner.check()
      return { letters: pullAll(owner, id), answers: answered }
    }
  }
}

function pullAll (owner: Owner, id: string): Letter[] {
  const letters: Letter[] = []
  for (const to of owner.system.members) {
    for (let body = owner.pull(to, 0); body !== undefined; body = owner.pull(to, 0)) letters.push({ from: id, to, body })
  }
  return letters
}

export function readerProcess (id: string, number: number, system: QuorumSystem): Process {
  const reading = new Reading(system)
  let isDone = false
  const read = { incarnation: 1, number }
  return {
    get state () { return isDone ? 'done' : reading },
    isReady: true,
    ignores: () => isDone,
    take: input => {
      if (isDone) return silence
      if (input.type !== 'letter') return { letters: system.members.map(to => ({ from: id, to, body: { type: 'read', ...read, element } })), answers: [] }
      if (input.body.type === 'value') reading.hear(input.from, input.body.stamped)
      const agreed = reading.agreed()
      if (agreed !== undefined) {
        isDone = true
        const { token = '', fence = '' } = agreed.stamped?.cell ?? {}
        return { letters: [], answers: [{ number, answer: { code: 'seen', token, fence } }] }
      }
      const repair = reading.repair()
      return {
        letters: repair?.to.map(to => ({ from: id, to, body: { type: 'repair', ...read, element, stamped: repair.stamped } })) ?? [],
        answers: []
      }
    }
  }
}
