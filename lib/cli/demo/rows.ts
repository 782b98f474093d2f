/**
 * What the demo and its nodes say to each other, a row of ndjson each, on a channel beside standard input and output.
 *
 * Nodes are our own processes, yet what they say is checked like anything that comes from outside: a row of the wrong
 * shape is dropped.
 */

/** How a node is reached. */
export type Over = 'tcp' | 'tls' | 'stdio'

/** What a node is told. */
export type Command =
  | { readonly do: 'start', readonly id: string, readonly over: Over, readonly key: string, readonly cert: string }
  /** Keep a connection to a peer; without a port: no longer. */
  | { readonly do: 'dial', readonly peer: string, readonly over: Over, readonly port: number | null }
  /** Set a key to JSON or, failing that, to text. */
  | { readonly do: 'set', readonly key: string, readonly text: string }
  | { readonly do: 'report', readonly round: number }
  /** Publish no more readings. */
  | { readonly do: 'rest' }
  | { readonly do: 'content' }
  | { readonly do: 'end' }

/** What a node holds, and how it fares. */
export interface Report {
  readonly is: 'report'
  readonly round: number
  readonly keys: number
  /** A hash over all keys and values. */
  readonly hash: string
  readonly links: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** How long the slowest update since the last report was on its way; null if none came. */
  readonly latencyMs: number | null
  /** What the map says of each node. */
  readonly readings: Readonly<Record<string, Reading>>
}

export interface Reading {
  readonly memoryMb: number
  readonly loadPercent: number
}

/** What a node says. */
export type Row =
  | Report
  | { readonly is: 'ready', readonly port: number }
  /** A key that is no reading changed here, at so many nanoseconds of the machine's monotonic clock. */
  | { readonly is: 'saw', readonly key: string, readonly local: boolean, readonly at: bigint }
  | { readonly is: 'refused', readonly key: string, readonly reason: string }
  /** All there is: keys, and values as text. */
  | { readonly is: 'content', readonly entries: ReadonlyMap<string, string> }

type Fields = Readonly<Record<string, unknown>>

/** The row that was received, undefined where it is none. */
export function readRow (row: unknown): Row | undefined {
  if (!isFields(row)) return undefined
  switch (row['is']) {
    case 'report': return readReport(row)
    case 'ready': return isCount(row['port']) ? { is: 'ready', port: row['port'] } : undefined
    case 'saw': return readSaw(row)
    case 'refused': return readRefused(row)
    case 'content': return readContent(row)
    default: return undefined
  }
}

function readReport ({ round, keys, hash, links, bytesIn, bytesOut, latencyMs, readings }: Fields): Report | undefined {
  if (!isCount(round) || !isCount(keys) || !isCount(links) || !isCount(bytesIn) || !isCount(bytesOut)) return undefined
  if (typeof hash !== 'string' || !isFields(readings)) return undefined
  if (latencyMs !== null && typeof latencyMs !== 'number') return undefined
  const checked = Object.entries(readings).flatMap(([id, reading]) => isReading(reading) ? [[id, reading] as const] : [])
  return { is: 'report', round, keys, hash, links, bytesIn, bytesOut, latencyMs, readings: Object.fromEntries(checked) }
}

function readSaw ({ key, local, at }: Fields): Row | undefined {
  if (typeof key !== 'string' || typeof local !== 'boolean' || typeof at !== 'string' || !/^\d{1,20}$/.test(at)) return undefined
  return { is: 'saw', key, local, at: BigInt(at) }
}

function readRefused ({ key, reason }: Fields): Row | undefined {
  return typeof key === 'string' && typeof reason === 'string' ? { is: 'refused', key, reason } : undefined
}

function readContent ({ entries }: Fields): Row | undefined {
  if (!isFields(entries)) return undefined
  const texts = new Map<string, string>()
  for (const [key, text] of Object.entries(entries)) {
    if (typeof text !== 'string') return undefined
    texts.set(key, text)
  }
  return { is: 'content', entries: texts }
}

function isReading (value: unknown): value is Reading {
  return isFields(value) && typeof value['memoryMb'] === 'number' && typeof value['loadPercent'] === 'number'
}

function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
