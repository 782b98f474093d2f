import { styleText } from './style.js'
import type { NodeView } from './view.js'

interface Column {
  readonly title: string
  readonly width: number
  readonly text: (view: NodeView) => string
}

const columns: readonly Column[] = [
  { title: 'id', width: -2, text: ({ id }) => id },
  { title: 'over', width: -5, text: ({ over }) => over },
  { title: 'process', width: 7, text: ({ isUp, pid }) => isUp ? String(pid) : 'down' },
  { title: 'MB', width: 6, text: ({ reading }) => reading?.memoryMb.toFixed(1) ?? '' },
  { title: 'load', width: 6, text: ({ reading }) => reading === undefined ? '' : `${reading.loadPercent.toFixed(1)}%` },
  { title: 'links', width: 5, text: ({ report }) => String(report?.links ?? '') },
  { title: 'kB in', width: 6, text: ({ report }) => kilobytes(report?.bytesIn) },
  { title: 'kB out', width: 6, text: ({ report }) => kilobytes(report?.bytesOut) },
  { title: 'ms', width: 6, text: ({ report }) => report?.latencyMs?.toFixed(1) ?? '' },
  { title: 'keys', width: 4, text: ({ report }) => String(report?.keys ?? '') },
  { title: 'map', width: -8, text: ({ report }) => report?.hash.slice(0, 8) ?? '' }
]

/** What the columns mean, for who sees them for the first time. */
export const legend = 'MB, load: as another node holds it  ms: slowest update lately  map: hash of it all'

/** The nodes as a table, a line each below the titles. */
export function table (views: readonly NodeView[], isColoured: boolean): string[] {
  const titles = columns.map(({ title, width }) => padded(title, width)).join(' ')
  return [styleText('dim', titles.trimEnd(), isColoured), ...views.map(view => {
    const line = columns.map(({ text, width }) => padded(text(view), width)).join(' ')
    if (!view.isUp) return styleText('red', line.trimEnd(), isColoured)
    const verdict = view.report === undefined ? '' : view.isEqual ? ' same' : ' differs'
    return line + styleText(view.isEqual ? 'green' : 'yellow', verdict, isColoured)
  })]
}

/** The same in one line. */
export function summary (views: readonly NodeView[]): string {
  const nodes = views.map(({ id, isUp, report }) => {
    return `${id} ${isUp ? report === undefined ? 'starts' : `${report.keys} keys ${report.hash.slice(0, 4)}` : 'down'}`
  })
  const slowest = Math.max(...views.map(({ report }) => report?.latencyMs ?? 0))
  const equal = views.filter(({ isEqual }) => isEqual).length
  return `${nodes.join(', ')}: ${equal} of ${views.length} the same${slowest > 0 ? `; slowest update ${slowest.toFixed(1)} ms` : ''}`
}

/** To the left if the width is negative, as in printf. */
function padded (text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width)
}

function kilobytes (bytes: number | undefined): string {
  return bytes === undefined ? '' : (bytes / 1000).toFixed(1)
}
