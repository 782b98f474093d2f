/** A slow link: while it is busy nothing queues up, and what is sent next is what holds by then. */
import { Model } from 'tendril'
import through2 from 'through2'

const bytesPerSecond = 100_000

const throttle = through2({ highWaterMark: 1024 }, (chunk: Buffer, _encoding, done) => {
  setTimeout(() => { done(null, chunk) }, 1000 * chunk.length / bytesPerSecond)
})

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })
const left = a.createStream()
left.pipe(throttle).pipe(b.createStream()).pipe(left)

let seen = 0
b.watch('price', value => { if (value !== undefined) seen++ })

// A thousand prices, each in a turn of the event loop of its own, and each with a note that keeps the link busy.
for (let price = 1; price <= 1000; price++) {
  a.set('price', price)
  a.set('note', `${price} `.repeat(500))
  await new Promise(resolve => { setImmediate(resolve) })
}
await a.replicated()

console.log('b ends with the latest price:', b.get('price'))
console.log('and saw fewer than a tenth of them on its way:', seen < 100)
await a.close()
await b.close()
