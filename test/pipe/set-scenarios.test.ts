import test from 'tape'
import { withCluster } from '../support/set-processes.js'
import type { CallResult, SetCluster } from '../support/set-processes.js'

// The scenarios of the consistent-set that this one grew from, over processes and lines that are really cut.

const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`)

const members = (count: number): Array<{ id: string, members: string[] }> => named(count).map(id => ({ id, members: named(count) }))

const ok = (result: CallResult): boolean => result !== 'gone' && 'result' in result

const codeOf = (result: CallResult): string => result === 'gone' ? 'gone' : 'code' in result ? result.code : 'ok'

/** Lets everybody add something, and tells who could; the others wait on. */
function addEverywhere (cluster: SetCluster, ids: readonly string[], what: string): Map<string, Promise<CallResult>> {
  return new Map(ids.map(id => [id, cluster.get(id).call('add', `${what} of ${id}`)]))
}

async function holdsEverywhere (cluster: SetCluster, ids: readonly string[], element: string): Promise<boolean> {
  const answers = await Promise.all(ids.map(id => cluster.get(id).call('has', element)))
  return answers.every(answer => answer !== 'gone' && 'result' in answer && answer.result === true)
}

test('2 nodes, connection breaks: both halt, and go on once it is back', async t => {
  await withCluster(members(2), async cluster => {
    await cluster.untilState('ready', 'n0', 'n1')
    t.ok(ok(await cluster.get('n0').call('add', 'before')), 'while they are connected elements are added')
    cluster.part(['n0'], ['n1'])
    await cluster.untilState('halted', 'n0', 'n1')
    const waiting = addEverywhere(cluster, ['n0', 'n1'], 'element')
    t.equal(codeOf(await cluster.get('n0').call('add', 'in vain', { timeout: 300 })), 'ABORTED', 'who does not want to wait need not')
    const { reachable, needed, queued } = await cluster.get('n1').look()
    t.deepEqual({ reachable, needed, queued }, { reachable: 1, needed: 2, queued: 1 }, 'a call waits')
    cluster.heal()
    for (const [id, result] of waiting) t.ok(ok(await result), `what ${id} wanted meanwhile is done after healing`)
    for (const id of ['n0', 'n1']) t.ok(await holdsEverywhere(cluster, ['n0', 'n1'], `element of ${id}`), 'and everywhere')
    t.notOk(await holdsEverywhere(cluster, ['n0'], 'in vain'), 'what was aborted never happens')
  })
})

test('3 nodes, connection breaks: 2 nodes replicate, the 3rd halts', async t => {
  await withCluster(members(3), async cluster => {
    await cluster.untilState('ready', 'n0', 'n1', 'n2')
    cluster.part(['n0', 'n1'], ['n2'])
    await cluster.untilState('halted', 'n2')
    const waiting = addEverywhere(cluster, ['n0', 'n1', 'n2'], 'element')
    for (const id of ['n0', 'n1']) t.ok(ok(await waiting.get(id)!), `${id} goes on`)
    t.equal((await cluster.get('n2').look()).queued, 1, 'what the third wants waits')
    t.equal(codeOf(await cluster.get('n0').call('add', 'element of n1')), 'ALREADY_PRESENT', 'and the two agree')
    cluster.heal()
    t.ok(ok(await waiting.get('n2')!), 'it is done after healing')
    for (const id of ['n0', 'n1', 'n2']) t.ok(await holdsEverywhere(cluster, ['n0', 'n1', 'n2'], `element of ${id}`))
  })
})

test('4 nodes, two and two: the half with the tie-breaker replicates, the other halts', async t => {
  await withCluster(members(4), async cluster => {
    await cluster.untilState('ready', ...named(4))
    cluster.part(['n0', 'n3'], ['n1', 'n2'])
    await cluster.untilState('halted', 'n1', 'n2')
    const waiting = addEverywhere(cluster, named(4), 'element')
    for (const id of ['n0', 'n3']) t.ok(ok(await waiting.get(id)!), `${id} goes on`)
    for (const id of ['n1', 'n2']) t.equal((await cluster.get(id).look()).queued, 1, `${id} waits`)
    cluster.heal()
    for (const id of ['n1', 'n2']) t.ok(ok(await waiting.get(id)!), `${id} is served after healing`)
  })
})

test('4 nodes without a tie-breaker, two and two: both halves halt', async t => {
  await withCluster(members(4).map(one => ({ ...one, tieBreaker: false })), async cluster => {
    await cluster.untilState('ready', ...named(4))
    cluster.part(['n0', 'n3'], ['n1', 'n2'])
    await cluster.untilState('halted', ...named(4))
    cluster.heal()
    await cluster.untilState('ready', ...named(4))
    t.ok(ok(await cluster.get('n2').call('add', 'element')), 'and go on together')
  })
})

test('a process that is stopped for a while holds nobody up, and catches up', async t => {
  await withCluster(members(3), async cluster => {
    await cluster.untilState('ready', 'n0', 'n1', 'n2')
    for (let i = 0; i < 8; i++) t.ok(ok(await cluster.get('n1').call('add', `early ${i}`)))
    cluster.get('n0').signal('SIGSTOP')
    for (let i = 0; i < 8; i++) t.ok(ok(await cluster.get('n1').call('rem', `early ${i}`)), 'its lanes are taken over')
    cluster.get('n0').signal('SIGCONT')
    t.ok(ok(await cluster.get('n0').call('add', 'early 3')), 'it knows what happened meanwhile')
    t.ok(await holdsEverywhere(cluster, ['n0', 'n1', 'n2'], 'early 3'))
  })
})

test('a chain, of which the ends are not connected; one in the middle that goes cuts it', async t => {
  await withCluster(members(3), async cluster => {
    await cluster.untilState('ready', 'n0', 'n1', 'n2')
    for (const id of ['n0', 'n1', 'n2']) t.ok(ok(await cluster.get(id).call('add', id)))
    t.equal(codeOf(await cluster.get('n0').call('add', 'n2')), 'ALREADY_PRESENT')
    await cluster.get('n1').kill()
    await cluster.untilState('halted', 'n0', 'n2')
    t.pass('then nobody has a majority')
  }, [['n0', 'n1'], ['n1', 'n2']])
})
