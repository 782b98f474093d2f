import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import ts from 'typescript'

/** One source file, read and parsed. Paths are relative to the project and have forward slashes. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

export interface Import {
  /** The file it names, or the package as it was written. */
  readonly target: string
  readonly own: boolean
  /** Whether the compiler takes it out: nothing is loaded by it. */
  readonly erased: boolean
  readonly node: ts.Node
}

export const root = join(import.meta.dirname, '..', '..')

export function readSources (folder: string): Source[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => {
      const path = join(folder, name).split(sep).join('/')
      return parse(path, readFileSync(join(root, path), 'utf8'))
    })
}

export function parse (path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return { path, text, tree, imports: importsOf(path, tree) }
}

/** Every import, whatever its form: types alone too, for a type is a dependency of the reader. */
function importsOf (path: string, tree: ts.SourceFile): Import[] {
  const imports: Import[] = []
  visit(tree, node => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    const own = specifier.startsWith('.')
    const target = own ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts') : specifier
    imports.push({ target, own, node, erased: isErased(node) })
  })
  return imports
}

function specifierOf (node: ts.Node): string | undefined {
  let specifier: ts.Node | undefined
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier
  else if (ts.isImportTypeNode(node)) specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) specifier = node.arguments[0]
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : undefined
}

function isErased (node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  return ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

export function visit (node: ts.Node, look: (node: ts.Node) => void): void {
  look(node)
  node.forEachChild(child => { visit(child, look) })
}

/** Where a node stands, as an editor understands it. */
export function at (source: Source, node: ts.Node): string {
  const { line } = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree))
  return `${source.path}:${line + 1}`
}
