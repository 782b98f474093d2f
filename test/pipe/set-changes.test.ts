import test from 'tape'
import { run } from '../support/set-changing.js'
import type { Scenario } from '../support/set-changing.js'

// Members come and go, as processes with storage, while callers go on calling; also while one who makes the change is cut off.

const scenarios: readonly Scenario[] = [
  {
    what: 'grow 3 -> 4 -> 5',
    members: ['n0', 'n1', 'n2'],
    newcomers: ['n3', 'n4'],
    changes: [
      { kind: 'grow', ids: ['n3'], asked: 'n2', members: ['n0', 'n1', 'n2', 'n3'] },
      { kind: 'grow', ids: ['n4'], asked: 'n1', members: ['n0', 'n1', 'n2', 'n3', 'n4'] }
    ]
  },
  {
    what: 'shrink 5 -> 4 -> 3',
    members: ['n0', 'n1', 'n2', 'n3', 'n4'],
    changes: [
      { kind: 'shrink', ids: ['n4'], asked: 'n2', members: ['n0', 'n1', 'n2', 'n3'] },
      { kind: 'shrink', ids: ['n3'], asked: 'n1', members: ['n0', 'n1', 'n2'] }
    ]
  }
]

for (const scenario of scenarios) {
  for (const isParted of [false, true]) {
    test(`${scenario.what}${isParted ? ', while a minority is cut off' : ''}`, async t => { await run(t, scenario, isParted) })
  }
}
