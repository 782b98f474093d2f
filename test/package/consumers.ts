/** Programs of a user's: they load one entry of the package each, and use it when it is the main one. */

/** Only the package's main entry has a Model to try. */
const isMain = (entry: string): boolean => !entry.includes('/')

const use = `
  const model = new entry.Model({ id: 'a' })
  model.set('key', { answer: 42 })
  if (model.get('key').answer !== 42) throw new Error('a model does not give back what was set')
  model.createStream().destroy()
  model.close().then(() => {}, error => { console.error(error); process.exitCode = 1 })
`

const loaded = "if (Object.keys(entry).length === 0) throw new Error('exports nothing')"

export function esmConsumer (entry: string): string {
  return `import * as entry from '${entry}'\n${loaded}\n${isMain(entry) ? use : ''}`
}

export function commonjsConsumer (entry: string): string {
  return `'use strict'\nconst entry = require('${entry}')\n${loaded}\n${isMain(entry) ? use : ''}`
}

export function typescriptConsumer (entries: readonly string[]): string {
  const main = entries.find(isMain)
  const imports = entries.map((entry, i) => `import * as entry${i} from '${entry}'\nexport const loaded${i}: object = entry${i}\n`)
  return `${imports.join('')}
import { Model, TendrilError } from '${main}'
import type { Duplex } from 'node:stream'

const model = new Model({ id: 'a' })
const stream: Duplex = model.createStream()
model.on('update', (key, value, update) => {
  const name: string = key
  const version: number = update.version
  const local: boolean = update.local
  console.log(name, value, version, local)
})
model.on('peer', id => { const peer: string = id; console.log(peer) })
// @ts-expect-error there is no such event
model.on('updaet', () => {})
// @ts-expect-error an id is a string
new Model({ id: 1 })
stream.on('error', error => { if (error instanceof TendrilError) console.log(error.code === 'CLOSED') })
const closed: Promise<void> = model.close()
export { closed }
`
}
