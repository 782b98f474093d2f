/** What two ends say to each other, line by line: the sessions that docs/protocol.md explains. */
import { once } from 'node:events'
import { Model } from 'tendril'

const a = new Model({ id: 'a', deletesKept: 0 })
const b = new Model({ id: 'b' })

/** Connects the two, prints what passes, and cuts them apart once `during` is over. */
async function meet (what: string, during: () => Promise<void>): Promise<void> {
  console.log(`# ${what}`)
  const left = a.createStream({ codec: 'ndjson' })
  const right = b.createStream({ codec: 'ndjson' })
  for (const [name, stream] of [['a', left], ['b', right]] as const) {
    stream.on('data', (chunk: Buffer) => { console.log(chunk.toString().trimEnd().replace(/^/gm, `${name}: `)) })
  }
  left.pipe(right).pipe(left)
  await Promise.all([once(left, 'sync'), once(right, 'sync')])
  await during()
  left.destroy()
  // To the one that is left it is a loss, which `once` would throw.
  if (!right.closed) await new Promise(resolve => { right.once('close', resolve) })
}

a.set('colour', 'green')
b.set('price', 12)
await meet('they have never met', async () => {
  a.set('colour', 'red', { ttl: 60_000 })
  await a.replicated()
  b.delete('colour')
  await b.replicated()
})

await meet('nothing is new', async () => {})

b.set('price', 13)
a.delete('price')
a.set('stock', 5n)
await meet('a has forgotten a delete that b has not seen', async () => {
  await a.close()
})
