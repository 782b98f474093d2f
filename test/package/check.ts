/**
 * Checks the package as a user meets it: packs it, installs the tarball in an empty project, imports it, requires it,
 * compiles against its types, and asks publint. A line a check; exit code 1 when one failed.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { commonjsConsumer, esmConsumer, typescriptConsumer } from './consumers.js'

interface Manifest {
  readonly name: string
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, unknown>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '..', '..')
const exec = promisify(execFile)
let failed = 0

/** Runs a command; its output is shown only when it fails. */
async function run (cwd: string, command: string, ...args: string[]): Promise<void> {
  try {
    await exec(command, args, { cwd, maxBuffer: 1 << 26 })
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string, stderr?: string, message: string }
    throw new Error(stdout + stderr === '' ? message : `${stdout}${stderr}`.trim(), { cause: error })
  }
}

async function check (what: string, body: () => Promise<void>): Promise<void> {
  try {
    await body()
    console.log(`ok   ${what}`)
  } catch (error) {
    failed++
    console.log(`FAIL ${what}\n${error instanceof Error ? error.message : String(error)}`.replaceAll('\n', '\n     '))
  }
}

/** The installed package is what the tarball holds, byte for byte. */
async function checkFiles (installed: string, manifest: Manifest): Promise<void> {
  const expected = new Set([...manifest.files, 'package.json', 'LICENSE', 'README.md'])
  const allowed = new Set(['dist', 'docs', 'README.md', 'LICENSE', 'package.json'])
  const found = await readdir(installed)
  const foreign = found.filter(name => !allowed.has(name))
  if (foreign.length > 0) throw new Error(`The tarball also holds ${foreign.join(', ')}`)
  const missing = [...expected].filter(name => !found.includes(name))
  if (missing.length > 0) throw new Error(`The tarball lacks ${missing.join(', ')}`)
  const inside = await readdir(join(installed, 'dist'), { recursive: true })
  const odd = inside.filter(name => /\.test\.|\.tsbuildinfo$/.test(name) || (name.endsWith('.ts') && !name.endsWith('.d.ts')))
  if (odd.length > 0) throw new Error(`dist holds ${odd.join(', ')}`)
}

async function lintPackage (installed: string): Promise<void> {
  const { messages } = await publint({ pkgDir: installed, pack: false, level: 'warning', strict: true })
  if (messages.length === 0) return
  const pkg = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
  throw new Error(messages.map(message => formatMessage(message, pkg) ?? message.code).join('\n'))
}

async function main (project: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest
  const installed = join(project, 'node_modules', manifest.name)
  // Sub-paths by which code is loaded: not those that name a file to be read.
  const entries = Object.keys(manifest.exports)
    .filter(path => !path.endsWith('.json'))
    .map(path => manifest.name + path.slice(1))

  await run(root, 'npm', 'run', 'build')
  await run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', project)
  const tarball = (await readdir(project)).find(name => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack left no tarball')
  await writeFile(join(project, 'package.json'), '{ "private": true }\n')
  await run(project, 'npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev',
    `./${tarball}`, `@types/node@${manifest.devDependencies['@types/node']}`)

  await check('the tarball holds what it should', () => checkFiles(installed, manifest))
  await check('publint has nothing to say', () => lintPackage(installed))
  for (const entry of entries) {
    await check(`import('${entry}')`, async () => {
      await writeFile(join(project, 'consumer.mjs'), esmConsumer(entry))
      await run(project, process.execPath, 'consumer.mjs')
    })
    await check(`require('${entry}')`, async () => {
      await writeFile(join(project, 'consumer.cjs'), commonjsConsumer(entry))
      await run(project, process.execPath, 'consumer.cjs')
    })
  }
  await check('a strict TypeScript consumer compiles, its libraries checked', async () => {
    await writeFile(join(project, 'consumer.mts'), typescriptConsumer(entries))
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({
      compilerOptions: {
        target: 'ES2022', module: 'NodeNext', strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noEmit: true, types: ['node']
      },
      files: ['consumer.mts']
    }))
    await run(project, process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project)
  })
}

const project = await mkdtemp(join(tmpdir(), 'tendril-package-'))
try {
  await main(project)
} catch (error) {
  failed++
  console.log(`FAIL ${error instanceof Error ? error.message : String(error)}`)
} finally {
  await rm(project, { recursive: true, force: true })
}
if (failed > 0) process.exitCode = 1
