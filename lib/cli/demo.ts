import { parseArgs } from 'node:util'
import { Cluster } from './demo/cluster.js'
import { live } from './demo/live.js'
import { once } from './demo/once.js'

const usage = `Five processes hold one map, over TCP, TLS and standard input and output. One is killed now and then, and comes back.

npm run demo             shows it; a line key=value sets a key (JSON or text), q ends it
npm run demo -- --once   takes a few seconds, compares what all five hold, and exits with 0 if it is the same, else 1
`

/** @returns the exit code */
async function demo (args: readonly string[]): Promise<number> {
  const { once: isOnce, help } = parseArgs({
    args: [...args], options: { once: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } }
  }).values
  if (help === true) {
    process.stdout.write(usage)
    return 0
  }
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { ended.abort() })
  // Whoever read our output has gone, as in `| head`: there is nobody left to show it to.
  process.stdout.on('error', () => { ended.abort() })
  const cluster = new Cluster()
  try {
    if (isOnce === true) return await once(cluster, ended.signal) ? 0 : 1
    await live(cluster, ended.signal)
    return 0
  } finally {
    await cluster.end()
  }
}

demo(process.argv.slice(2)).then(code => { process.exitCode = code }, (error: unknown) => {
  const { code = '', message } = error as NodeJS.ErrnoException
  const isUsage = code.startsWith('ERR_PARSE_ARGS')
  // The first sentence says what is wrong; what follows is advice for other programs.
  process.stderr.write(`demo: ${isUsage ? `${message.split('. ')[0]}; --help tells more` : message}\n`)
  process.exitCode = isUsage ? 2 : 1
})
