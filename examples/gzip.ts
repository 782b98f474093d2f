/** Compression in the pipe, from Node's own zlib. It must flush what it has at once, or updates would wait in it. */
import { constants, createGunzip, createGzip } from 'node:zlib'
import { Model } from 'tendril'

const flush = { flush: constants.Z_SYNC_FLUSH }

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })
const left = a.createStream()
const right = b.createStream()
const zipped = createGzip(flush)
left.pipe(zipped).pipe(createGunzip(flush)).pipe(right)
  .pipe(createGzip(flush)).pipe(createGunzip(flush)).pipe(left)

let bytes = 0
zipped.on('data', (chunk: Buffer) => { bytes += chunk.length })

for (let i = 0; i < 1000; i++) a.set(`user:${i}`, { name: `user number ${i}`, admin: false, langs: ['en', 'de'] })
await a.replicated()

const plain = left.stats().bytesOut
console.log(`b holds ${b.size} keys`)
console.log(`${plain} bytes went as ${bytes}, a fifth or less: ${bytes * 5 < plain}`)
await a.close()
await b.close()
