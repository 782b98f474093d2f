import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Duplex, PassThrough } from 'node:stream'
import type { Readable, Writable } from 'node:stream'
import test from 'tape'
import ts from 'typescript'
import { selfSigned } from '../lib/cli/certificate.js'
import { readRows } from '../lib/cli/demo/channel.js'
import { differences } from '../lib/cli/demo/content.js'
import { readRow } from '../lib/cli/demo/rows.js'
import { fullScreen } from '../lib/cli/demo/screen.js'
import type { NodeView } from '../lib/cli/demo/view.js'

const root = join(import.meta.dirname, '..')

/** The demo as users run it: compiled. It starts some five times as fast, which matters with six processes to start. */
const built = mkdtempSync(join(tmpdir(), 'tendril-demo-'))
test.onFinish(() => { rmSync(built, { recursive: true }) })

test('the sources compile', t => {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true }
  for (const name of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, 'lib', name), 'utf8'), { compilerOptions })
    const path = join(built, 'dist', name.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, outputText)
  }
  writeFileSync(join(built, 'package.json'), '{ "type": "module" }\n')
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'))
  t.end()
})

interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly output: () => string
  readonly errors: () => string
  /** Resolves once the output matches. */
  readonly until: (pattern: RegExp) => Promise<void>
  readonly exit: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>
}

function demo (...args: string[]): Running {
  const child = spawn(process.execPath, [join(built, 'dist', 'cli', 'demo.js'), ...args], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text })
  const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    child,
    exit,
    output: () => output,
    errors: () => errors,
    until: async pattern => { while (!pattern.test(output)) await once(child.stdout, 'data') }
  }
}

/** The processes that the demo said it started. */
function processes (output: string): number[] {
  return Array.from(output.matchAll(/(?:\b[a-e] is |as process )(\d+)/g), ([, pid]) => Number(pid))
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('demo --once: five processes converge, one is killed and comes back, all hold the same', async t => {
  const { output, errors, exit } = demo('--once')
  t.deepEqual(await exit, [0, null], 'exit code 0')
  t.equal(errors(), '', 'no complaints')
  t.match(output(), /colour was at all 5 after [\d.]+ ms/, 'an update reached all')
  t.match(output(), /c, process \d+, is killed \(SIGKILL\)/, 'one was killed')
  t.match(output(), /missed was at all 4 after [\d.]+ ms/, 'the others went on')
  t.match(output(), /c is started again/, 'it came back')
  t.match(output(), /verdict: all 5 processes hold the same map of 22 keys\n$/, 'the verdict')
  for (const [id, over] of [['a', 'tcp'], ['b', 'tcp'], ['c', 'tcp'], ['d', 'tls'], ['e', 'stdio']] as const) {
    t.match(output(), new RegExp(`^ *${id} +${over} +\\d+ .* same$`, 'm'), `${id} is there, over ${over}`)
  }
  const started = processes(output())
  t.equal(new Set(started).size, 6, 'five processes, and one of them anew')
  t.deepEqual(started.filter(isAlive), [], 'none is left')
})

test('demo --once that is interrupted says so and leaves nothing behind', async t => {
  const { child, output, until, exit } = demo('--once')
  await until(/a \d+ keys/)
  child.kill('SIGINT')
  t.deepEqual(await exit, [1, null])
  t.match(output(), /verdict: FAILED, interrupted\n$/)
  t.deepEqual(processes(output()).filter(isAlive), [])
})

test('demo: lines set keys, and q ends it', async t => {
  const { child, output, until, exit, errors } = demo()
  await until(/5 of 5 the same/)
  child.stdin.write('colour={"r":1}\n')
  await until(/colour was at all 5 after/)
  child.stdin.write('no key and no value\nbad=1e999\nname = Ada\nq\n')
  t.deepEqual(await exit, [0, null])
  t.equal(errors(), '')
  t.match(output(), /that was no key=value/)
  t.match(output(), /name = Ada is set at/)
  t.deepEqual(processes(output()).filter(isAlive), [])
})

for (const how of ['the end of input', 'SIGINT'] as const) {
  test(`demo: ${how} ends it`, async t => {
    const { child, output, until, exit, errors } = demo()
    await until(/5 of 5 the same/)
    if (how === 'SIGINT') child.kill(how)
    else child.stdin.end()
    t.deepEqual(await exit, [0, null])
    t.equal(errors(), '')
    t.deepEqual(processes(output()).filter(isAlive), [])
  })
}

test('demo: no node outlives a demo that was killed', async t => {
  const { child, output, until, exit } = demo()
  await until(/5 of 5 the same/)
  const started = processes(output()).filter(isAlive)
  // By now one may have been killed as it belongs.
  t.ok(started.length >= 4, 'they run')
  child.kill('SIGKILL')
  await exit
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => { reject(new Error(`left behind: ${started.filter(isAlive).join(', ')}`)) }, 10_000)
    const look = setInterval(() => {
      if (started.some(isAlive)) return
      clearInterval(look)
      clearTimeout(limit)
      resolve()
    }, 20)
  })
  t.deepEqual(started.filter(isAlive), [])
})

test('demo: a node that fell over is started again', async t => {
  const { child, output, until, exit } = demo()
  await until(/5 of 5 the same/)
  const [a = 0] = processes(output())
  process.kill(a, 'SIGKILL')
  await until(/a is gone \(SIGKILL\); it is started again/)
  await until(/is gone[^]*5 of 5 the same/)
  child.stdin.end()
  t.deepEqual(await exit, [0, null])
})

test('demo --help tells how it is used, bad usage takes one line and exit code 2', async t => {
  const help = demo('--help')
  t.deepEqual(await help.exit, [0, null])
  t.match(help.output(), /npm run demo -- --once/)
  for (const args of [['--twice'], ['extra'], ['--once=3']]) {
    const { exit, errors, output } = demo(...args)
    t.deepEqual(await exit, [2, null], args.join(' '))
    t.match(errors(), /^demo: [^\n]+; --help tells more\n$/)
    t.equal(output(), '')
  }
})

test('demo: rows that no node of ours would write are dropped, whatever they are', t => {
  const channel = new PassThrough()
  const rows: unknown[] = []
  readRows(channel, row => { rows.push(readRow(row)) }, () => {
    t.deepEqual(rows.filter(row => row !== undefined), [{ is: 'ready', port: 1 }, { is: 'ready', port: 2 }])
    t.equal(rows.length, 9, 'what is no JSON does not even come so far')
    // A second call would be a test ended twice.
    setImmediate(() => { t.end() })
  })
  const bad = ['{', '[]', '3', '"x"', '{"is":"ready"}', '{"is":"report","round":1e999}', '{"is":"saw","key":"k","local":true,"at":"x"}',
    '{"is":"content","entries":{"a":1}}']
  // `null` is an end to the parser, and what follows it must not bring anyone down.
  channel.write(['{"is":"ready","port":1}', ...bad, '{"is":"ready","port":2}', 'null', '{"is":"ready","port":3}', ''].join('\n'))
  channel.write('{"is":"ready","port":4}\n')
})

test('demo: a row without an end is given up', t => {
  const channel = new Duplex({ read () {}, write (_chunk, _encoding, done) { done() } })
  readRows(channel, () => { t.fail('there is no row') }, () => { t.end() })
  for (let i = 0; i < 9; i++) channel.push('x'.repeat(1 << 20))
})

test('demo: maps that differ are told apart', t => {
  const same = new Map([['x', '1'], ['y', '2']])
  t.deepEqual(differences(new Map([['a', same], ['b', new Map(same)]])), [])
  const maps = new Map([['a', same], ['b', new Map([['x', '1']])], ['c', new Map([['x', '3'], ['y', '2']])]])
  t.deepEqual(differences(maps), ['x: a 1, b 1, c 3', 'y: a 2, b has none, c 2'])
  t.end()
})

test('demo: on a terminal every line fits eighty columns, and typed text is left alone', t => {
  const output = new PassThrough()
  let text = ''
  output.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
  const terminal = Object.assign(output, { columns: 80 }) as unknown as NodeJS.WriteStream
  const screen = fullScreen(terminal)
  const view: NodeView = {
    id: 'a',
    over: 'stdio',
    pid: 4194304,
    isUp: true,
    isEqual: false,
    reading: { memoryMb: 1234.5, loadPercent: 100 },
    report: { is: 'report', round: 1, keys: 1000, hash: '0123456789', links: 4, bytesIn: 9_999_900, bytesOut: 9_999_900, latencyMs: 9999.9, readings: {} }
  }
  screen.show(12, [view, { ...view, isUp: false, report: undefined }])
  screen.tell(12.3, 'x'.repeat(200))
  screen.close()
  setImmediate(() => {
    const escape = String.fromCharCode(27)
    const lines = text.replaceAll(new RegExp(`${escape}(\\[[?\\d;]*[A-Za-z]|[78])`, 'g'), '').split('\n')
    t.deepEqual(lines.filter(line => line.length > 80), [])
    t.match(text, /key=value sets a key/)
    t.match(text, /differs/)
    t.match(text, /down/)
    t.equal(text.split(`${escape}7`).length, text.split(`${escape}8`).length, 'the cursor goes back to where it was')
    t.end()
  })
})

test('demo: its certificates are right, whatever was drawn for them', t => {
  const { cert } = selfSigned()
  const certificate = new X509Certificate(cert)
  t.equal(certificate.checkHost('localhost'), 'localhost')
  t.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1')
  t.ok(Date.parse(certificate.validFrom) < Date.now() && Date.parse(certificate.validTo) > Date.now(), 'it is valid now')
  const drawn = Array.from({ length: 50 }, () => new X509Certificate(selfSigned().cert))
  t.ok(drawn.every(each => each.verify(each.publicKey)), 'all are signed with their own key')
  t.equal(new Set(drawn.map(({ serialNumber }) => serialNumber)).size, 50, 'no two are the same')
  t.end()
})
