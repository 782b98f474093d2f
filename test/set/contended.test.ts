import test from 'tape'
import { code } from '../support/failures.js'
import { within } from '../support/waiting.js'
import { Cluster } from './cluster.js'

// Five nodes, each asked twenty times at once for the same element: a lock that a hundred want. SET_CONTENDED_ROUNDS sets how often.

const rounds = Number(process.env['SET_CONTENDED_ROUNDS'] ?? 20)

test(`of 100 concurrent adds of one element spread over 5 nodes exactly one succeeds, ${rounds} times over`, async t => {
  const cluster = await new Cluster(['a', 'b', 'c', 'd', 'e']).ready()
  const { sets } = cluster
  for (let round = 0; round < rounds; round++) {
    const element = `lock ${round}`
    const winners: string[] = []
    const refusals: string[] = []
    const add = async (i: number): Promise<void> => {
      const token = `${round} ${i}`
      await sets[i % sets.length]!.add(element, { token }).then(added => { winners.push(added.token) }, (error: unknown) => { refusals.push(code(error)) })
    }
    await within(Promise.all(Array.from({ length: 100 }, (_, i) => add(i))), `round ${round}`)
    const isOne = winners.length === 1 && refusals.length === 99 && refusals.every(refusal => refusal === 'ALREADY_PRESENT')
    const there = await within(Promise.all(sets.map(set => set.has(element))), 'has')
    const holders = await within(Promise.all(sets.map(set => set.holder(element))), 'holder')
    const isHeld = there.every(is => is) && holders.every(holder => holder?.token === winners[0])
    if (!isOne || !isHeld) t.fail(`round ${round}: added by ${winners.join()}, held by ${holders.map(holder => holder?.token).join()}`)
    await within(sets[round % sets.length]!.rem(element), 'rem')
  }
  t.equal(sets[0]!.status().queued, 0, `${rounds} rounds`)
  await cluster.close()
})
