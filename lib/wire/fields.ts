/** What JSON and MessagePack decode a map to, before anyone has looked into it. */
export type Fields = Record<string, unknown>

/** Whether this is an object with fields, and neither an array nor bytes. */
export function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}
