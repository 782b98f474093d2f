/** A child process on its standard input and output: `ssh host node replica.js` replicates in the same way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import duplexify from 'duplexify'
import { Model } from 'tendril'

// Of two pipes, one stream that also closes as one.
const asOne = { autoDestroy: true, emitClose: true }

function child (): void {
  const model = new Model({ id: 'child' })
  // Standard output belongs to the replication; what is to be read by people goes to standard error.
  const pipe = duplexify(process.stdout, process.stdin, asOne)
  pipe.pipe(model.createStream()).pipe(pipe)
  model.watch('word', word => {
    if (typeof word === 'string') model.set('drow', Array.from(word).reverse().join(''))
  })
}

async function parent (): Promise<void> {
  const model = new Model({ id: 'parent' })
  const replica = spawn(process.execPath, [...process.execArgv, import.meta.filename, 'child'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const pipe = duplexify(replica.stdin, replica.stdout, asOne)
  pipe.pipe(model.createStream()).pipe(pipe)
  model.set('word', 'tendril')
  const [key, value, { source }] = await once(model, 'update') as [string, unknown, { source: string }]
  console.log(`${source} answers: ${key} =`, value)
  const exit = once(replica, 'exit')
  await model.close()
  console.log('child exits with code', (await exit)[0])
}

if (process.argv[2] === 'child') child()
else await parent()
