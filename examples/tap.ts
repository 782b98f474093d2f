/** A tap in the pipe: it counts what flows, and is any Transform. Here one counts each direction. */
import { Model } from 'tendril'
import through2 from 'through2'
import type { Transform } from 'readable-stream'

function tap (count: (bytes: number) => void): Transform {
  return through2((chunk: Buffer, _encoding, done) => {
    count(chunk.length)
    done(null, chunk)
  })
}

const a = new Model({ id: 'a' })
const b = new Model({ id: 'b' })
let there = 0
let back = 0

const left = a.createStream()
const right = b.createStream()
left.pipe(tap(bytes => { there += bytes })).pipe(right)
  .pipe(tap(bytes => { back += bytes })).pipe(left)

for (let i = 0; i < 10_000; i++) a.set(`key ${i}`, i)
// A key written ten thousand times in one go travels once.
for (let i = 0; i < 10_000; i++) a.set('counter', i)
await a.replicated()

console.log(`${b.size} keys took ${there} bytes there, ${back} back`)
const { entriesOut, bytesOut } = left.stats()
console.log(`the stream agrees: ${bytesOut === there}, and counts ${entriesOut} entries`)
await Promise.all([a.close(), b.close()])
