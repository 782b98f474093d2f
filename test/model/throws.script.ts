import { Model } from '../../lib/index.js'
import { closeAll, convergence, join } from '../support/pairs.js'
import { once, until } from '../support/waiting.js'

// Run by listeners.test.ts: in a chain of three, a listener of the one in the middle throws.

const [, , where = 'update', handling] = process.argv
if (handling === undefined) process.on('uncaughtException', error => { console.log(`uncaught: ${error.message}`) })

let hasThrown = false
function fail (): void {
  if (hasThrown) return
  hasThrown = true
  throw new Error(`thrown by ${where}`)
}

const [a, b, c] = [new Model({ id: 'a' }), new Model({ id: 'b' }), new Model({ id: 'c' })]
const streams = [join(a, b), join(b, c)]
const synced = Promise.all(streams.flatMap(({ a, b }) => [once(a, 'sync'), once(b, 'sync')]))
// Before the one that throws: of those after it, Node calls none.
const seen = once(b, 'expire')
const first = streams[0]?.b
if (first === undefined) throw new Error('there are two pairs')
if (where === 'update' || where === 'delete' || where === 'expire' || where === 'peer') b.on(where, fail)
else if (where === 'hello' || where === 'sync') first.on(where as 'sync', fail)
else b.watch('k', value => { if (value !== undefined) fail() })

await synced
a.set('k', 1)
await until(() => c.has('k'), [c])
a.delete('k')
await until(() => !c.has('k'), [c])
const expired = once(c, 'expire')
a.set('short', 1, { ttl: 20 })
await expired
a.set('k', 2)
await until(() => c.get('k') === 2, [c])
await convergence(a, b, c)
console.log('relayed')
await seen
await closeAll(a, b, c)
if (streams.every(({ a, b }) => a.errored === null && b.errored === null)) console.log('closed cleanly')
