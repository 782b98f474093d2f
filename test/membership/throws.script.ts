import { journal, Village } from '../support/village.js'
import { part } from '../support/pairs.js'
import type { Pair } from '../support/pairs.js'

// Run by streams.test.ts: in a chain of three, the listeners of the one in the middle throw, each time.

process.on('uncaughtException', error => { console.log(`uncaught: ${error.message}`) })

const village = new Village()
const [a, b, c] = [village.member('a', { dial: () => { throw new Error('dial') } }), village.member('b'), village.member('c', { address: 'tcp://c' })]
for (const event of ['join', 'alive', 'suspect', 'dead', 'restart', 'leave', 'update', 'delete', 'expire'] as const) {
  b.on(event, () => { throw new Error(event) })
}
const lines = journal(b)
const pairs = await village.chain(a, b, c)
a.set('k', 1)
a.set('lease', 1, { ttl: 50 })
await village.until(() => c.fact('a', 'k') === 1)
a.delete('k')
await village.until(() => c.fact('a', 'k') === undefined && c.fact('a', 'lease') === undefined)
await part(pairs[1] as Pair)
await village.until(() => b.dead().length === 1)
village.link(b, c)
await village.until(() => [a, b, c].every(member => member.alive().length === 3))
b.fail('c')
await village.until(() => lines.includes('restart c') && b.alive().length === 3)
await c.leave()
await village.until(() => a.get('c')?.status === 'left')
await village.close()
console.log([...new Set(lines.map(line => line.split(' ')[0]))].sort().join(' '))
