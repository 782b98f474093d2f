import test from 'tape'
import { Model } from '../../lib/index.js'
import { reason } from '../support/failures.js'
import { closing, meet, part } from '../support/pairs.js'

/** Frames with hardly any room beside the largest entry. */
const limits = { maxFrameBytes: 3072, maxKeyBytes: 64, maxValueBytes: 1024 }

test('a key that ever new nodes wrote still fits its frame', async t => {
  const hub = new Model({ id: 'hub', ...limits })
  const idle = new Model({ id: 'idle', ...limits })
  for (let i = 0; i < 120; i++) {
    const writer = new Model({ id: `writer-${i}`.padEnd(64, '.'), ...limits })
    await part(await meet(writer, hub))
    writer.set('k', 'v'.repeat(1000) + i)
    await part(await meet(writer, hub))
    if (i % 50 === 0) await part(await meet(idle, hub))
    await writer.close()
  }
  await part(await meet(idle, hub))
  t.equal(idle.get('k'), 'v'.repeat(1000) + '119')
  t.equal(idle.stats().entries, 1)
  await Promise.all([hub, idle].map(model => model.close()))
})

test('a write that covers more concurrent ones than a frame can tell of reaches peers all the same', async t => {
  const hub = new Model({ id: 'hub', ...limits })
  const idle = new Model({ id: 'idle', ...limits })
  for (let i = 0; i < 60; i++) {
    const writer = new Model({ id: `writer-${i}`.padEnd(64, '.'), ...limits })
    writer.set('k', i)
    await part(await meet(writer, hub))
    await writer.close()
  }
  const pair = await meet(idle, hub)
  t.equal(idle.stats().entries, 60)
  hub.set('k', 'all of them')
  await Promise.race([hub.replicated(), closing(pair.a)])
  t.equal(reason(pair.a), 'nothing')
  t.deepEqual([idle.get('k'), idle.stats().entries], ['all of them', 1])
  const fresh = new Model({ id: 'fresh', ...limits })
  await meet(fresh, hub)
  t.equal(fresh.get('k'), 'all of them')
  await Promise.all([hub, idle, fresh].map(model => model.close()))
})
