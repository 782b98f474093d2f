// One end of a measure, in a process of its own: runs the commands that the parent calls, and answers.
import { createEnd } from './end.js'

const [measure, system, id] = process.argv.slice(2)
const { commands } = await import(`../measures/${measure}.js`)
const { create } = await import(`../systems/${system}.js`)
const end = createEnd(create, id)
const known = { ...end.commands, ...commands?.(end) }

process.on('message', async ({ call, command, args }) => {
  try {
    process.send({ call, result: await known[command](...args) })
  } catch (error) {
    process.send({ call, error: error.stack })
  }
})

// The parent is done with this end.
process.once('disconnect', () => { process.exit(0) })
