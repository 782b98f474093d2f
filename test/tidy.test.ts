import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'tape'
import { importCycles, upwardImports } from './tidy/house.js'
import {
  atMostLines, coresAreDeterministic, holdsTypesAlone, isCore, neverLoaded, noAny, noSleeps, noTestLeftOut, nothingSilenced, traces
} from './tidy/rules.js'
import type { Rule } from './tidy/rules.js'
import { readSources, root } from './tidy/source.js'
import type { Source } from './tidy/source.js'

const lib = readSources('lib')
const tests = readSources('test')
const examples = readSources('examples')
const all = [...lib, ...tests, ...examples]

function holds (what: string, rule: Rule, sources: readonly Source[]): void {
  test(what, t => {
    t.deepEqual(sources.flatMap(rule), [])
    t.end()
  })
}

holds('imports run downwards', upwardImports, lib)

test('no import goes round in a circle', t => {
  t.deepEqual(importCycles(lib), [])
  t.end()
})

holds('cores are deterministic', coresAreDeterministic, lib.filter(({ path }) => isCore(path)))
holds('the contract of the cores is types alone', holdsTypesAlone, lib.filter(({ path }) => path === 'lib/core.ts'))
holds('files are small', atMostLines(350, 'the house keeps them near 300'), lib)
holds('an example fits a screen', atMostLines(40, 'an example has at most 40'), examples)
holds('no test sleeps', noSleeps, tests)
holds('no any', noAny, all)
holds('nothing silences the compiler, the linter or the coverage', nothingSilenced, all)
holds('no test is left out', noTestLeftOut, tests)

test('every file is loaded by some test', t => {
  t.deepEqual(neverLoaded(lib, tests), [])
  t.end()
})

/** What git holds. Where there is no git there is nothing committed either. */
function committed (): string[] {
  if (!existsSync(join(root, '.git'))) return []
  return execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
    .filter(path => path !== '' && existsSync(join(root, path)))
}

test('nothing committed tells of the machine it was made on', t => {
  t.deepEqual(committed().flatMap(path => traces(path, readFileSync(join(root, path), 'latin1'))), [])
  t.end()
})
