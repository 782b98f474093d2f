import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import test from 'tape'
import { TendrilError } from '../lib/index.js'

const root = join(import.meta.dirname, '..')
const pages = ['README.md', 'docs/protocol.md', 'docs/guarantees.md']
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The blocks of code that a page marks with a language. */
function blocks (page: string, language: string): string[] {
  return Array.from(page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm')), ([, code = '']) => code)
}

/** What the blocks of the README print, in their order. */
const outputs: readonly RegExp[] = [
  /^b sees undefined\nb sees hello, world\n$/,
  /^lost: ECONNREFUSED\nclosed\n$/,
  /^user:1 { name: 'Ada', born: 1815 }\nuser:2 by a \(here\)\nuser:2 { name: 'Grace' }\n2 \[ 'user:1', 'user:2' \] {"user:1":.*}\n$/,
  /^a is here, as db\na load 0\.7\na left\n\[ 'a left tcp:\/\/10\.0\.0\.1:7000' \] 1\n$/,
  /^1 of 3; the others: ALREADY_PRESENT\ntrue true\ntrue\n$/,
  /^42 took \d+ bytes\n$/,
  /^met server\n$/,
  /^true 1\n$/
]

/** A project in which `tendril` is this one's sources, and the packages are this one's too. */
const project = mkdtempSync(join(tmpdir(), 'tendril-readme-'))
writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n')
writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({
  extends: join(root, 'tsconfig.json'),
  compilerOptions: { paths: { tendril: [join(root, 'lib', 'index.ts')] }, noUnusedParameters: false },
  include: ['block-*.ts']
}))
symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
test.onFinish(() => { rmSync(project, { recursive: true }) })

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })
  return port
}

async function run (code: string, name: string): Promise<{ stdout: string, stderr: string }> {
  writeFileSync(join(project, name), code.replaceAll('8000', String(await freePort())))
  return await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), name], { cwd: project, timeout: 60_000 })
}

test('the README begins with a sentence, fifteen lines that run, and a table', t => {
  const readme = read('README.md')
  t.match(readme, /^# tendril\n\n[^\n]+\.\n\n```ts\n[^`]+```\n\n\| structure \|/)
  t.equal(blocks(readme, 'ts')[0]?.trimEnd().split('\n').length, 15)
  t.end()
})

test('every block of code in the README runs', async t => {
  const code = blocks(read('README.md'), 'ts')
  t.equal(code.length, outputs.length, 'each has an output to check')
  for (const [i, block] of code.entries()) {
    const { stdout, stderr } = await run(block, `block-${i + 1}.ts`)
    t.match(stdout, outputs[i] ?? /^$/, `block ${i + 1} prints what it should`)
    t.equal(stderr, '')
  }
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const types = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch((error: unknown) => error as { stdout: string })
  t.equal(types.stdout, '', 'and is TypeScript that compiles')
})

test('links lead somewhere, commands exist, error codes are all there', t => {
  for (const path of pages) {
    const targets = Array.from(read(path).matchAll(/\]\((?!https?:)([^)#]+)/g), ([, target = '']) => join(root, dirname(path), target))
    t.deepEqual(targets.filter(target => !existsSync(target)), [], `links of ${path}`)
  }
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const commands = blocks(read('README.md'), 'sh').join('').matchAll(/npm (?:run )?(demo|test\S*)/g)
  t.deepEqual(Array.from(commands, ([, name = '']) => name).filter(name => !(name in scripts)), [])
  const codes = Array.from(read('lib/ground/errors.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm), ([, code = '']) => code)
  t.ok(codes.length > 15 && new TendrilError('CLOSED', '').code === codes.at(-1), 'these are the codes')
  t.deepEqual(codes.filter(code => !read('README.md').includes(code)), [])
  t.end()
})

/** What is said, by end: a hello, or a frame's channel and type. What was drawn, and how the clocks stood, is left out. */
function shape (session: string): Record<string, string[]> {
  const said: Record<string, string[]> = { a: [], b: [] }
  for (const [, id = '', line = ''] of session.matchAll(/^([ab]): (.*)$/gm)) {
    const row = JSON.parse(line) as unknown
    said[id]?.push(Array.isArray(row) ? row.slice(0, 2).join(' ') : Object.keys(row as object).join(' '))
  }
  return said
}

test('the sessions in docs/protocol.md are what two ends say to each other', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'examples/session.ts'], { cwd: root, timeout: 60_000 })
  const real = stdout.split(/^# .*\n/m).slice(1)
  const shown = blocks(read('docs/protocol.md'), 'ndjson')
  t.equal(shown.length, 3)
  t.deepEqual(shown.map(shape), real.map(shape))
  t.ok(shown.join('').includes('[1,5,') && stdout.includes('[1,7,'), 'they say something')
})
