/** A partition: both halves go on, and what becomes of their writes when it heals. */
import { once } from 'node:events'
import { Model } from 'tendril'

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })

/** Connects the two until both hold what the other had; what is returned cuts them apart. */
async function connect (): Promise<() => void> {
  const stream = a.createStream()
  stream.pipe(b.createStream()).pipe(stream)
  await once(stream, 'sync')
  return () => { stream.destroy() }
}

a.set('title', 'draft')
a.set('price', 10)
a.set('stock', 5)
const cut = await connect()
console.log('together  ', JSON.stringify(a))
cut()

a.set('title', 'from a')
b.set('title', 'from b, which came later')
a.delete('price')
b.set('price', 12)
b.delete('stock')
console.log('apart, a  ', JSON.stringify(a))
console.log('apart, b  ', JSON.stringify(b))

// title: concurrent, so the last writer wins. price: a's delete had not seen 12, so 12 survives. stock: b had seen it.
await connect()
console.log('healed, a ', JSON.stringify(a))
console.log('healed, b ', JSON.stringify(b))
await Promise.all([a.close(), b.close()])
