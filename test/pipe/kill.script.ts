import { ClassicLevel } from 'classic-level'
import { Model } from '../../lib/index.js'

// A replica with storage on standard input and output, run by kill.test.ts: it never stops writing, until it is killed.

const [location = '', durable = 'false'] = process.argv.slice(2)
const model = new Model({ id: 'child', storage: new ClassicLevel(location), durable: durable === 'true' })

model.ready().then(() => {
  let next = 0
  while (model.has(`child:${next}`)) next++
  process.stdin.pipe(model.createStream()).pipe(process.stdout)
  const write = (): void => {
    for (let i = 0; i < 20; i++, next++) {
      model.set(`child:${next}`, next)
      if (next % 3 === 0) model.set('child:hot', next)
    }
    setImmediate(write)
  }
  write()
}, error => {
  console.error(error)
  process.exitCode = 1
})
