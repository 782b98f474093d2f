// One end of a measure, in a process of its own: runs the commands that the parent calls, and answers.
import { createEnd } from './end.js'

const [measure, system, id] = process.argv.slice(2)
const { commands, createEnd: make = createEnd } = await import(`../measures/${measure}.js`)
const { create } = await import(`../systems/${system}.js`)
const end = make(create, id)
const known = { ...end.commands, ...commands?.(end) }

const run = async (command, args) => known[command](...args)

process.on('message', async ({ call, command, args }) => {
  const answer = await run(command, args).then(result => ({ call, result }), error => ({ call, error: error.stack }))
  // The parent may have gone meanwhile.
  if (process.connected) process.send(answer)
})

// The parent is done with this end.
process.once('disconnect', async () => {
  await end.stop?.()
  process.exit(0)
})
