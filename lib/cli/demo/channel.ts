import { Writable } from 'node:stream'
import type { Duplex } from 'node:stream'
import ndjson from 'ndjson'
import pump from 'pump'

/** The longest row that is taken. */
const maxRowBytes = 8 << 20

/**
 * Reads rows until `channel` ends or fails, and says so once. A row that is no JSON is left out. A row that is `null`
 * means the end of a stream to ndjson's parser, and so it does here: whoever writes one is not heard any further.
 */
export function readRows (channel: Duplex, onRow: (row: unknown) => void, onEnd: () => void): void {
  let hasEnded = false
  const end = (): void => {
    if (!hasEnded) onEnd()
    hasEnded = true
  }
  const rows = new Writable({
    objectMode: true,
    write: (row, _encoding, done) => {
      onRow(row)
      done()
    },
    final: done => {
      end()
      done()
    }
  })
  // Its types know nothing of split2's limit, which ndjson hands on.
  const options = { strict: false, maxLength: maxRowBytes }
  pump(channel, ndjson.parse(options), rows, end)
}

/** Returns what writes rows to `channel`. After its end they are dropped: there is nobody to read them. */
export function writeRows (channel: Duplex): (row: object) => void {
  const rows = ndjson.stringify()
  // The channel's failure is told to whoever reads it.
  pump(rows, channel, () => {})
  return row => { if (!rows.destroyed && channel.writable) rows.write(row) }
}
