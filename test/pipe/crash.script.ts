import { ClassicLevel } from 'classic-level'
import { Model } from '../../lib/index.js'

// Run by crash.test.ts, and killed at any moment: a replica on disk that writes all the time, on standard input and output.

const [, , dir = '', durability] = process.argv
const model = new Model({ id: 'child', storage: new ClassicLevel(dir), durable: durability === 'durable' })
await model.ready()

let count = 0
for (const [key, value] of model) if (key.startsWith('child/') && typeof value === 'number') count = Math.max(count, value)

const stream = model.createStream()
process.stdin.pipe(stream).pipe(process.stdout)

let isLeaving = false
model.watch('leave', async value => {
  if (value !== true || isLeaving) return
  isLeaving = true
  await model.close()
})

function write (): void {
  if (isLeaving) return
  for (let i = 0; i < 5; i++) {
    count++
    model.set(`child/${count % 50}`, count)
  }
  model.flush(error => { if (error === undefined) write() })
}

write()
