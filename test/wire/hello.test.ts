import fc from 'fast-check'
import test from 'tape'
import { TendrilError } from '../../lib/ground/errors.js'
import { decodeHello, encodeHello } from '../../lib/wire/hello.js'
import { helloOf } from './hello-lines.js'

const good: Readonly<Record<string, unknown>> = JSON.parse(encodeHello(helloOf('a')).toString()) as Record<string, unknown>
const channel = { name: 'model', kind: 'model', epoch: 'e' }

function codeOf (line: string | Buffer): string | undefined {
  try {
    decodeHello(Buffer.from(line))
  } catch (error) {
    if (error instanceof TendrilError) return error.code
    throw error
  }
  return undefined
}

test('a hello arrives as it left', t => {
  const hello = helloOf('a', { cluster: 'käse', codec: 'ndjson', sends: false, auth: true, channels: [channel, { ...channel, name: 'set' }] })
  t.deepEqual(decodeHello(encodeHello(hello)), hello)
  t.end()
})

test('what is missing has a default; what is unknown is ignored', t => {
  const { cluster, sends, receives, auth, binding, ...rest } = good
  t.deepEqual(decodeHello(Buffer.from(JSON.stringify(rest))), helloOf('a'))
  t.deepEqual(decodeHello(Buffer.from(JSON.stringify({ ...good, later: [1], channels: [{ ...channel, resume: 7 }] }))), helloOf('a', { channels: [channel] }))
  t.end()
})

test('another version is told as such, whatever the rest looks like', t => {
  t.equal(codeOf('{"tendril":2}'), 'VERSION_UNSUPPORTED')
  t.equal(codeOf('{"tendril":0,"id":[]}'), 'VERSION_UNSUPPORTED')
  t.end()
})

const bad: Array<Record<string, unknown>> = [
  { tendril: '1' }, { tendril: null }, { id: '' }, { id: 'x'.repeat(65) }, { id: 7 }, { id: '\ud800' }, { id: null },
  { cluster: 'x'.repeat(65) }, { cluster: null }, { codec: 'xml' }, { codec: null }, { codec: 'constructor' },
  { instance: 'short' }, { instance: 'x'.repeat(65) }, { nonce: 'short' }, { nonce: 7 }, { nonce: 'ü'.repeat(20) },
  { nonce: 'with a newline in\nit' }, { sends: 'yes' }, { receives: 1 }, { auth: null }, { binding: 'no' },
  { channels: null }, { channels: {} }, { channels: [null] }, { channels: [[]] }, { channels: [{ ...channel, name: '' }] },
  { channels: [{ ...channel, name: 'x'.repeat(1025) }] }, { channels: [{ ...channel, kind: 'x'.repeat(65) }] },
  { channels: [{ ...channel, epoch: 'x'.repeat(65) }] }, { channels: [{ name: 'model' }] }, { channels: [channel, channel] },
  { channels: Array.from({ length: 257 }, (_, i) => ({ ...channel, name: `c${i}` })) }
]

test('every field is checked', t => {
  t.equal(codeOf(JSON.stringify(good)), undefined)
  for (const change of bad) t.equal(codeOf(JSON.stringify({ ...good, ...change })), 'BAD_FRAME', JSON.stringify(change).slice(0, 80))
  for (const text of ['', 'null', '[]', '1', '"x"', '{', '{}', '{"tendril":1}', '['.repeat(60_000)]) t.equal(codeOf(text), 'BAD_FRAME', text.slice(0, 20))
  t.equal(codeOf(Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x7d])), 'BAD_FRAME', 'half a character')
  t.end()
})

test('no JSON makes reading a hello throw anything else', t => {
  fc.assert(fc.property(fc.json(), text => { codeOf(text) }))
  const fields = fc.constantFrom(...Object.keys(good))
  fc.assert(fc.property(fields, fc.jsonValue(), (name, value) => { codeOf(JSON.stringify({ ...good, [name]: value })) }))
  t.end()
})
