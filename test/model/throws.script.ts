import { Model } from '../../lib/index.js'
import { closeAll, convergence, join } from '../support/pairs.js'
import { once, until } from '../support/waiting.js'

// Run by listeners.test.ts: in a chain of three, two listeners of the one in the middle throw, before a third.

const [, , where = 'update', handling] = process.argv
if (handling === undefined) process.on('uncaughtException', error => { console.log(`uncaught: ${error.message}`) })

function onceOnly (call: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    call()
  }
}

const listeners = [
  onceOnly(() => { throw new Error(`thrown by ${where}`) }),
  onceOnly(() => { throw new Error(`thrown by ${where} again`) }),
  onceOnly(() => { console.log('called after it') })
]

const [a, b, c] = [new Model({ id: 'a' }), new Model({ id: 'b' }), new Model({ id: 'c' })]
const streams = [join(a, b), join(b, c)]
const synced = Promise.all(streams.flatMap(({ a, b }) => [once(a, 'sync'), once(b, 'sync')]))
const first = streams[0]?.b
if (first === undefined) throw new Error('there are two pairs')
for (const listener of listeners) {
  if (where === 'update' || where === 'delete' || where === 'expire' || where === 'peer') b.on(where, listener)
  else if (where === 'watch') b.watch('k', value => { if (value !== undefined) listener() })
  else first.on(where as 'sync', listener)
}
// Bytes that never reach the pipe would be missed.
const piped = first.listeners('data').find(listener => !listeners.includes(listener as () => void)) as () => void
if (where === 'data') first.removeListener('data', piped).on('data', piped)
const seen = once(b, 'expire')

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
