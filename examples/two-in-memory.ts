/** Two replicas in one process: what one sets, the other has. */
import { Model } from 'tendril'

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })

b.on('update', (key, value, { source }) => { console.log(`b hears from ${source}: ${key} =`, value) })

// One stream an end, piped both ways: here into each other, elsewhere into a socket.
const stream = a.createStream()
stream.pipe(b.createStream()).pipe(stream)

a.set('colour', 'green')
a.set('sizes', [36, 38, 40])
await a.replicated()

console.log('b holds', JSON.stringify(b))
await Promise.all([a.close(), b.close()])
