/**
 * Rows of text as a Markdown table, which is readable as it stands: the first column to the left, numbers to the right.
 * @param {readonly string[]} head
 * @param {ReadonlyArray<readonly string[]>} rows
 */
export function table (head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]?.length ?? 0), 3))
  const line = cells => `| ${cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join(' | ')} |`
  const rule = `|${widths.map((width, i) => i === 0 ? '-'.repeat(width + 2) : '-'.repeat(width + 1) + ':').join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/**
 * A number with three digits that count.
 * @param {number} number
 */
export function digits (number) {
  if (!Number.isFinite(number)) return ''
  const size = Math.abs(number)
  if (size >= 100) return Math.round(number).toLocaleString('en')
  return size >= 10 ? number.toFixed(1) : number.toFixed(2)
}
