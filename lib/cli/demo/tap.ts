import through2 from 'through2'
import type { Transform } from 'readable-stream'

/** Counts the bytes that flow through it, and changes nothing. */
export function tap (count: (bytes: number) => void): Transform {
  return through2((chunk: Buffer, _encoding, done) => {
    count(chunk.length)
    done(null, chunk)
  })
}
