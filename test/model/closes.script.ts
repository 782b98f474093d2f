import { Model } from '../../lib/index.js'
import type { Clock } from '../../lib/index.js'
import { join, joinTcp } from '../support/pairs.js'
import { once } from '../support/waiting.js'

// Run by close.test.ts: what is left here when all is closed would keep the process alive.

const [, , what] = process.argv
const clock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (fn, ms) => setTimeout(fn, ms),
  clearTimeout: handle => { clearTimeout(handle as NodeJS.Timeout) }
}
const options = what?.includes('clock') === true ? { clock } : {}
const [a, b] = [new Model({ id: 'a', ...options }), new Model({ id: 'b', ...options })]
a.set('k', 1, { ttl: 3_600_000 })
if (what === undefined || what === 'throw') {
  const { b: stream } = await joinTcp(a, b)
  await once(stream, 'sync')
  if (what === 'throw') {
    process.on('uncaughtException', error => { console.log(`uncaught: ${error.message}`) })
    stream.on('close', () => { throw new Error('mine') })
  }
  await Promise.all([a.close(), b.close()])
  console.log('closed')
} else if (what === 'silent') {
  a.createStream().resume()
  await a.close()
  console.log('closed')
} else {
  join(a, b)
  console.log('left')
}
