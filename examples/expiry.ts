/** A key that expires does so everywhere, and never comes back. Time remaining travels, so clocks need not agree. */
import { once } from 'node:events'
import { Model } from 'tendril'

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })
const stream = a.createStream()
stream.pipe(b.createStream()).pipe(stream)

const here = once(a, 'expire')
const there = once(b, 'expire')
const started = performance.now()
a.set('lease', 'mine', { ttl: 1000 })
await a.replicated()
console.log('b has the lease:', b.get('lease'))

// A waiting timer alone keeps no process alive: this program would rather end than wait for the lease.
const alive = setInterval(() => {}, 1000)
await Promise.all([here, there])
clearInterval(alive)
console.log('both have dropped it:', !a.has('lease') && !b.has('lease'))
console.log('after a second, not before:', performance.now() - started >= 1000)
await Promise.all([a.close(), b.close()])
