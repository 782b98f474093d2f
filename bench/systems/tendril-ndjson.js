import { create as createTendril } from './tendril.js'

export function create (id) { return createTendril(id, 'ndjson') }
