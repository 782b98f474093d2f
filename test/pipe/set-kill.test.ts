import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'tape'
import { Caller, History, pick } from '../support/set-callers.js'
import { withCluster } from '../support/set-processes.js'
import { until } from '../support/waiting.js'

// kill -9 of one, two or all three members with storage, at random moments, over and over, while callers go on calling.
// SET_KILL_ROUNDS sets how often.

const rounds = Number(process.env['SET_KILL_ROUNDS'] ?? 6)
const ids = ['n0', 'n1', 'n2']
const callers = 8

test(`killed ${rounds} times, one, two or all of them: what was acknowledged is there, what all callers saw is linearizable`, async t => {
  const location = await mkdtemp(join(tmpdir(), 'tendril-set-'))
  const history = new History()
  await withCluster(ids.map(id => ({ id, members: ids, location: join(location, id) })), async cluster => {
    const all = Array.from({ length: callers }, (_, i) => new Caller(cluster, history, `caller ${i}`))
    const running = all.map(caller => caller.run())
    for (let round = 0; round < rounds; round++) {
      for (const caller of all) caller.round = round
      const enough = history.answered + 10 + Math.floor(Math.random() * 150)
      await until(() => history.answered >= enough, [history], ['call'])
      const victims = pick([[pick(ids)], ids.slice(Math.floor(Math.random() * 2)), ids])
      await Promise.all(victims.map(id => cluster.get(id).kill()))
      await Promise.all(victims.map(id => cluster.begin(id)))
    }
    for (const caller of all) caller.isStopped = true
    await Promise.all(running)
    for (const element of history.elements) await Promise.all(ids.map(id => all[0]!.call('get', element, '', cluster.get(id))))
  })
  history.judge(t)
  await rm(location, { recursive: true })
})
