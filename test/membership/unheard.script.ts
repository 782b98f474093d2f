import { code, codeOf } from '../support/failures.js'
import { Village } from '../support/village.js'

// Run by stopped.test.ts: a member on which nobody listens for 'error' is put out, or meets a later life of its id.

const village = new Village()
const [a, b] = [village.member('a'), village.member('b')]
await village.chain(a, b)
const held = b.createStream()
if (process.argv[2] === 'EVICTED') {
  a.evict('b')
} else {
  await village.pass(1_000)
  village.link(village.member('b'), a)
}
await village.until(() => held.destroyed)
console.log(`set: ${await codeOf(() => b.set('k', 1))}; stream: ${code(held.errored)}`)
await village.close()
