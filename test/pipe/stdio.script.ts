import { Model } from '../../lib/index.js'

// A replica on standard input and output, run by stdio.test.ts: answers questions, leaves when asked to.

const id = process.argv[2] ?? 'child'
const model = new Model({ id })
model.set(`from ${id}`, true)
model.watch('question', value => { if (typeof value === 'number') model.set(`answer of ${id}`, value + 1) })
model.watch('leave', async value => { if (value === true) await model.close() })

const stream = model.createStream()
process.stdin.pipe(stream).pipe(process.stdout)
