import ts from 'typescript'
import { layerOf } from './house.js'
import { at, visit } from './source.js'
import type { Source } from './source.js'

/** A rule answers with what breaks it: each a place and what is wrong there. */
export type Rule = (source: Source) => string[]

const outsideWorld = new Set([
  'Date', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate',
  'queueMicrotask', 'process', 'performance', 'crypto', 'console', 'Buffer', 'globalThis', 'require'
])
const packagesOfCores = new Set(['tinyqueue'])

export function isCore (path: string): boolean {
  return ['gossip', 'liveness', 'quorum', 'core'].includes(layerOf(path))
}

/** A core is told the time, draws no numbers, starts nothing, and knows neither Node nor packages. */
export const coresAreDeterministic: Rule = source => {
  const found = source.imports
    .filter(({ own, target }) => !own && !packagesOfCores.has(target))
    .map(({ target, node }) => `${at(source, node)} imports ${target}`)
  visit(source.tree, node => {
    if (ts.isIdentifier(node) && outsideWorld.has(node.text) && !namesSomethingElse(node)) {
      found.push(`${at(source, node)} uses ${node.text}`)
    }
    if (ts.isPropertyAccessExpression(node) && node.getText(source.tree) === 'Math.random') {
      found.push(`${at(source, node)} uses Math.random`)
    }
  })
  return found
}

/** Whether an identifier is merely the name of a member or of a declaration: `clock.setTimeout`, `{ process: 1 }`. */
function namesSomethingElse (node: ts.Identifier): boolean {
  const parent = node.parent as ts.Node & { readonly name?: ts.Node, readonly propertyName?: ts.Node }
  if (ts.isShorthandPropertyAssignment(parent)) return false
  return parent.name === node || parent.propertyName === node
}

export const holdsTypesAlone: Rule = source => source.tree.statements
  .filter(statement => !ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement))
  .filter(statement => !(ts.isExportDeclaration(statement) && statement.isTypeOnly))
  .filter(statement => !source.imports.some(({ node, erased }) => node === statement && erased))
  .map(statement => `${at(source, statement)} is more than a type`)

/**
 * Files that no test loads, directly or by way of another: the coverage knows nothing of them. Files of types alone
 * have nothing to load, and the command line is run as a child process.
 */
export function neverLoaded (lib: readonly Source[], tests: readonly Source[]): string[] {
  const byPath = new Map(lib.map(source => [source.path, source]))
  const loaded = new Set<string>()
  const load = (source: Source): void => {
    for (const { target, erased } of source.imports) {
      const next = byPath.get(target)
      if (erased || next === undefined || loaded.has(target)) continue
      loaded.add(target)
      load(next)
    }
  }
  tests.forEach(load)
  return lib.filter(source => !loaded.has(source.path) && layerOf(source.path) !== 'cli' && holdsTypesAlone(source).length > 0)
    .map(({ path }) => `${path} is loaded by no test`)
}

export function atMostLines (limit: number, rule: string): Rule {
  return source => {
    const lines = source.text.replace(/\n$/, '').split('\n').length
    return lines > limit ? [`${source.path} has ${lines} lines; ${rule}`] : []
  }
}

/** A test waits for what it expects, not for a while. */
export const noSleeps: Rule = source => {
  const found = source.imports
    .filter(({ target }) => /timers\/promises$/.test(target))
    .map(({ target, node }) => `${at(source, node)} imports ${target}`)
  visit(source.tree, node => {
    if (ts.isAwaitExpression(node) && /\b(sleep|delay)\s*\(/i.test(node.getText(source.tree))) {
      found.push(`${at(source, node)} waits for a while`)
    }
    if (ts.isNewExpression(node) && node.expression.getText(source.tree) === 'Promise' && resolvesLater(node)) {
      found.push(`${at(source, node)} waits for a while`)
    }
  })
  return found
}

/** `new Promise(done => setTimeout(done, 10))`. A timeout that rejects is a limit, not a sleep. */
function resolvesLater (promise: ts.NewExpression): boolean {
  const executor = promise.arguments?.[0]
  if (executor === undefined || !(ts.isArrowFunction(executor) || ts.isFunctionExpression(executor))) return false
  const resolve = executor.parameters[0]?.name.getText()
  let later = false
  visit(executor.body, node => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'setTimeout') return
    let called = node.arguments[0]
    if (called !== undefined && ts.isArrowFunction(called)) called = ts.isBlock(called.body) ? undefined : called.body
    if (called !== undefined && ts.isCallExpression(called)) called = called.expression
    if (called !== undefined && called.getText() === resolve) later = true
  })
  return later
}

export const noAny: Rule = source => {
  const found: string[] = []
  visit(source.tree, node => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${at(source, node)} says any`)
  })
  return found
}

/** The compiler and the linter have the last word. */
export const nothingSilenced: Rule = source => source.text.split('\n').flatMap((line, i) => {
  const silencer = /@ts-(ignore|nocheck)|eslint-(disable|enable)|(c8|v8|istanbul) ignore/.exec(line)
  return silencer === null ? [] : [`${source.path}:${i + 1} says ${silencer[0]}`]
})

const testFunctions = new Set(['test', 'tape', 't', 'st'])

export const noTestLeftOut: Rule = source => {
  const found: string[] = []
  visit(source.tree, node => {
    if (ts.isPropertyAccessExpression(node) && testFunctions.has(node.expression.getText(source.tree)) &&
      ['only', 'skip'].includes(node.name.text)) found.push(`${at(source, node)} is ${node.getText(source.tree)}`)
    if (ts.isPropertyAssignment(node) && ['only', 'skip', 'todo'].includes(node.name.getText(source.tree)) &&
      node.initializer.kind === ts.SyntaxKind.TrueKeyword) found.push(`${at(source, node)} is ${node.getText(source.tree)}`)
  })
  return found
}

/** Paths of the machine it was written on, and the host that its packages came from, are nobody else's business. */
export function traces (path: string, text: string): string[] {
  const pattern = /(?<![\w.*-])\/work\/|"resolved"\s*:|\bregistry\.[a-z][\w-]*\.|\b([v]erdaccio|[a]rtifactory)\b|\/repository\/npm/i
  return text.split('\n').flatMap((line, i) => {
    const trace = pattern.exec(line)
    return trace === null ? [] : [`${path}:${i + 1} names ${trace[0]}`]
  })
}
