import { playUpdates } from '../harness/live.js'

export { commands } from '../harness/live.js'
export const title = '100,000 live updates of 1,000 keys, 100 in each turn of the event loop'
export const systems = ['tendril', 'tendril-ndjson', 'scuttlebutt', 'yjs', 'framed-msgpack']
export const references = ['framed-msgpack', 'scuttlebutt']
export const metrics = [{ name: 'ms', ratios: true }, { name: 'cpu ms', ratios: true }]

export function round (a, b) { return playUpdates(a, b, 1_000) }
