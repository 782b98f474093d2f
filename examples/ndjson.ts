/** With `codec: 'ndjson'` every frame is a line of JSON, which `tee`, `jq` and the `ndjson` package can read. */
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import ndjson from 'ndjson'
import { Model } from 'tendril'

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })
const left = a.createStream({ codec: 'ndjson' })
left.pipe(b.createStream()).pipe(left)

// A copy of all that `a` writes, its hello first. In a shell: ... | tee >(jq -c .) | ...
const rows = left.pipe(new PassThrough()).pipe(ndjson.parse())
rows.on('data', (row: unknown) => {
  if (!Array.isArray(row)) console.log('hello of', (row as { id: string }).id)
  else console.log(JSON.stringify(row))
})

a.set('fruit', ['apple', 'pear'])
a.set('stock', { apple: 12n, pear: new Uint8Array([1, 2, 3]) })
await a.replicated()
const end = once(rows, 'end')
await a.close()
await b.close()
await end
