/** A one-way, one-shot copy: one end only sends, and the connection ends once both are in sync. */
import { finished } from 'node:stream/promises'
import { Model } from 'tendril'

const original = new Model({ id: 'original' })
const copy = new Model({ id: 'copy' })
for (const planet of ['Mercury', 'Venus', 'Earth']) original.set(planet, planet.length)
copy.set('Pluto', 'mine alone')

const stream = original.createStream({ writable: false, tail: false })
stream.pipe(copy.createStream()).pipe(stream)
await finished(stream)

console.log('copy    ', JSON.stringify(copy))
console.log('original', JSON.stringify(original))
await Promise.all([original.close(), copy.close()])
