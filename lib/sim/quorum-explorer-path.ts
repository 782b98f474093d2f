import type { Body } from '../quorum/messages.js'
import { ownerOf, roundOf, sequenceOf, termOfStamp } from '../quorum/terms.js'
import type { Stamp } from '../quorum/terms.js'
import type { Stamped } from '../quorum/cells.js'
import type { Action, Exploration, Steps } from './quorum-explorer-steps.js'

/**
 * What leads through these states, one from the next, and then to an error: told for one fixed set of acceptors, as the search has
 * exchanged those that are alike.
 */
export function tellPath (steps: Steps, exploration: Exploration, states: readonly Int32Array[]): { path: string[], error: Error | undefined } {
  const path: string[] = []
  let vector = steps.first()
  steps.isTold = true
  for (const state of states.slice(1)) {
    let next: Int32Array | undefined
    steps.expand(vector, found => {
      const ordered = found.slice()
      steps.order(ordered)
      if (next !== undefined || ordered.some((part, i) => part !== state[i])) return
      next = found.slice()
      path.push(...tell(steps, exploration, vector), ...tellEvents(steps, vector, found))
    })
    vector = next ?? vector
  }
  try {
    steps.expand(vector, () => undefined)
  } catch (error) {
    path.push(...tell(steps, exploration, vector))
    return { path, error: error instanceof Error ? error : new Error(String(error)) }
  }
  return { path, error: undefined }
}

function tellEvents ({ histories, width }: Steps, before: Int32Array, after: Int32Array): string[] {
  const told = new Set(histories.at(before[width - 1]!).events)
  return histories.at(after[width - 1]!).events.filter(event => !told.has(event)).map(event => histories.tell(event))
}

function tell (steps: Steps, exploration: Exploration, vector: Int32Array): string[] {
  return steps.actions.map(action => tellAction(steps, exploration, vector, action))
}

function tellAction (steps: Steps, { operations }: Exploration, vector: Int32Array, action: Action): string {
  switch (action.type) {
    case 'deliver': return `a${action.member} takes ${tellLetter(steps.columns.letters.at(action.letter))}`
    case 'show': {
      const { element } = operations[action.number]!
      return `a${action.member} shows a reader ${element}: ${tellCell(steps.valueAt(vector, action.member, action.number))}`
    }
    case 'own': {
      const members = [...vector.keys()].filter(member => (action.promisers >> member) % 2 === 1).map(member => `a${member}`)
      return `o${action.term} owns, promised by ${members.join(' ')}`
    }
    case 'execute': {
      const { kind, element, token } = operations[action.number]!
      return `o${action.term} executes ${kind} ${element} ${token}`.trimEnd()
    }
    case 'release': return `o${action.term} hears that nobody waits for operation ${action.number} any more`
    case 'purge': return `o${action.term} hears what all members have closed`
  }
}

function tellLetter (body: Body): string {
  switch (body.type) {
    case 'prepare': return `PREPARE of ${ownerOf(body.term)}`
    case 'accept': {
      const { term, after, through, round, floor, entries } = body
      const cells = entries.map(({ element, ...stamped }) => `, ${element}: ${tellCell(stamped)}`).join('')
      return `ACCEPT of ${ownerOf(term)} after ${after} through ${through}, round ${round}, floor ${floor}${cells}`
    }
    case 'repair': return `REPAIR of ${body.element}: ${tellCell(body.stamped)}`
    default: return body.type
  }
}

function tellCell (stamped: Stamped | undefined): string {
  return stamped === undefined ? 'nothing' : `${stamped.cell.present ? stamped.cell.token : 'absent'} at ${tellStamp(stamped.stamp)}`
}

function tellStamp (stamp: Stamp): string { return `${roundOf(termOfStamp(stamp))}.${sequenceOf(stamp)}` }
