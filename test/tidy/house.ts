import { at } from './source.js'
import type { Source } from './source.js'

/**
 * The house, from its roof to its ground: a file imports from its own layer and from those below. Layers on one line
 * stand side by side and know nothing of each other. `core` is the contract of the cores, types alone: what storage
 * keeps is described there, so it lies below.
 */
const house: ReadonlyArray<readonly string[]> = [
  ['cli'],
  ['sim'],
  ['index'],
  ['top'],
  ['overlay'],
  ['transport'],
  ['stream'],
  ['gossip', 'liveness', 'quorum'],
  ['storage'],
  ['wire'],
  ['core'],
  ['ground']
]

/** Layers that stand side by side, of which the first may import the second all the same. */
const besides = new Set(['liveness gossip'])

/** The layer of a file of lib/: its folder; or, for a file beside the folders, the top, but for `index` and `core`. */
export function layerOf (path: string): string {
  const [first = '', ...rest] = path.replace(/^lib\//, '').split('/')
  if (rest.length > 0) return first
  return first === 'index.ts' || first === 'core.ts' ? first.replace('.ts', '') : 'top'
}

const height = (layer: string): number => -house.findIndex(floor => floor.includes(layer))

export function upwardImports (source: Source): string[] {
  const from = layerOf(source.path)
  if (height(from) === 1) return [`${source.path} stands in ${from}, which is no layer of the house`]
  return source.imports.filter(({ own, target }) => {
    if (!own) return false
    const to = layerOf(target)
    return !target.startsWith('lib/') ||
      !(from === to || height(from) > height(to) || besides.has(`${from} ${to}`))
  }).map(({ target, node }) => `${at(source, node)} imports ${target}`)
}

/** Each cycle once, as the path around it. */
export function importCycles (sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map(source => [source.path, source]))
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) cycles.push([...trail.slice(start), path].join(' -> '))
    if (start !== -1 || done.has(path)) return
    const targets = new Set(byPath.get(path)?.imports.map(({ target }) => target))
    for (const target of targets) walk(target, [...trail, path])
    done.add(path)
  }
  for (const { path } of sources) walk(path, [])
  return cycles
}
