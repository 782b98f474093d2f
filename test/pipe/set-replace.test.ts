import test from 'tape'
import { resultOf, run } from '../support/set-changing.js'
import type { Scenario } from '../support/set-changing.js'
import { withCluster } from '../support/set-processes.js'

// A member that was lost is replaced, by itself or by another, while callers go on calling.

const scenarios: readonly Scenario[] = [
  {
    what: 'replace a lost node',
    members: ['n0', 'n1', 'n2', 'n3'],
    lost: 'n3',
    changes: [{ kind: 'replace', ids: ['n3', 'n3'], asked: 'n1', members: ['n0', 'n1', 'n2', 'n3'] }]
  },
  {
    what: 'replace a lost node by another one',
    members: ['n0', 'n1', 'n2', 'n3'],
    newcomers: ['n4'],
    lost: 'n3',
    changes: [{ kind: 'replace', ids: ['n3', 'n4'], asked: 'n1', members: ['n0', 'n1', 'n2', 'n4'] }]
  }
]

for (const scenario of scenarios) {
  for (const isParted of [false, true]) {
    test(`${scenario.what}${isParted ? ', while a minority is cut off' : ''}`, async t => { await run(t, scenario, isParted) })
  }
}

test('a fourth node that turns up with clusterSize 3 gets CLUSTER_FULL, and may be taken in', async t => {
  const three = ['n0', 'n1', 'n2']
  await withCluster(three.map(id => ({ id, clusterSize: 3 })), async cluster => {
    await cluster.untilState('ready', ...three)
    const late = await cluster.enter({ id: 'n3', clusterSize: 3 })
    await late.until(() => late.events.includes('error CLUSTER_FULL'))
    t.equal(resultOf(await late.call('add', 'x')), 'CLUSTER_FULL')
    t.deepEqual(resultOf(await cluster.get('n0').change('grow', 'n3')), [...three, 'n3'])
    await cluster.untilState('ready', 'n3')
    t.equal(resultOf(await late.call('has', 'x')), false)
  })
})
