import test from 'tape'
import { Model } from '../../lib/index.js'
import { meet, part } from '../support/pairs.js'

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
