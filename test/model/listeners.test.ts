import test from 'tape'
import { runScript } from '../support/children.js'

// A listener that throws breaks neither the replica nor the relay; the error surfaces as an uncaught exception.

const script = new URL('throws.script.ts', import.meta.url)

for (const where of ['update', 'delete', 'expire', 'peer', 'watch', 'hello', 'sync', 'data', 'close']) {
  test(`a listener of '${where}' that throws`, async t => {
    const { code, stdout, stderr } = await runScript(script, [where])
    t.equal(stderr, '')
    t.equal(code, 0)
    const lines = ['called after it', 'closed cleanly', 'relayed', `uncaught: thrown by ${where}`, `uncaught: thrown by ${where} again`]
    t.deepEqual(stdout.trim().split('\n').sort(), lines.sort())
  })
}

test('without a handler for uncaught exceptions the process ends with it', async t => {
  const { code, stderr } = await runScript(script, ['update', 'unhandled'])
  t.notEqual(code, 0)
  t.match(stderr, /thrown by update/)
})
