import { Model } from '../../lib/index.js'
import { joinTcp } from '../support/pairs.js'
import { once } from '../support/waiting.js'

// Run by close.test.ts: what is left here when all is closed would keep the process alive.

const [a, b] = [new Model({ id: 'a' }), new Model({ id: 'b' })]
a.set('k', 1, { ttl: 3_600_000 })
const [, , what] = process.argv
if (what === undefined || what === 'throw') {
  const { b: stream } = await joinTcp(a, b)
  await once(stream, 'sync')
  if (what === 'throw') {
    process.on('uncaughtException', error => { console.log(`uncaught: ${error.message}`) })
    stream.on('close', () => { throw new Error('mine') })
  }
  await Promise.all([a.close(), b.close()])
  console.log('closed')
} else {
  console.log('left')
}
