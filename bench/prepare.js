import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Builds tendril and links it in, as `file:..` would: what is measured is what users get. It is no dependency in
// package.json, for then `npm ci` here would take a hand in the project's own node_modules as well.
const project = fileURLToPath(new URL('..', import.meta.url))
execFileSync('npm', ['run', '--silent', 'build'], { cwd: project, stdio: 'inherit', shell: process.platform === 'win32' })

const link = fileURLToPath(new URL('node_modules/tendril', import.meta.url))
mkdirSync(new URL('node_modules', import.meta.url), { recursive: true })
if (!existsSync(link)) symlinkSync(project, link, 'junction')
