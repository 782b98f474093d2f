import type { Value } from '../ground/values.js'

/** About how many bytes a value takes on the wire: enough to keep frames near their budget, and cheap. */
export function roughSize (value: Value | undefined): number {
  switch (typeof value) {
    case 'string': return value.length + 2
    case 'number': case 'bigint': return 9
    case 'object': return value === null ? 1 : roughObjectSize(value)
    default: return 1
  }
}

function roughObjectSize (value: object): number {
  if (value instanceof Uint8Array) return value.length + 4
  let size = 3
  if (Array.isArray(value)) {
    for (const item of value as Value[]) size += roughSize(item)
  } else {
    for (const [key, item] of Object.entries(value)) size += key.length + 2 + roughSize(item as Value)
  }
  return size
}
