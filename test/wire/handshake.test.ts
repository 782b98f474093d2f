import test from 'tape'
import { Handshake } from '../../lib/wire/handshake.js'
import { encodeHello } from '../../lib/wire/hello.js'
import { give, helloOf, meet, noExporter, secret, sent, start } from './hello-lines.js'

const a = helloOf('a')
const b = helloOf('b')
const withSecret = { auth: true }
const bound = { auth: true, binding: true }

function tls (material: string): () => Uint8Array {
  return () => Buffer.from(material)
}

test('two ends meet', t => {
  const [atA, atB] = meet(start(a), start(b))
  t.deepEqual(atA.met?.hello, b)
  t.deepEqual(atB.met?.hello, a)
  t.equal(atA.met?.rest.length, 0)
  t.end()
})

test('two ends with the same secret meet, also byte by byte, and what comes behind is handed over', t => {
  const left = start(a, secret)
  const right = start(b, secret)
  const opening = sent(left)
  const firstWords = sent(right)
  for (const byte of opening) give(right, Buffer.from([byte]))
  t.deepEqual(right.peer, { ...a, ...withSecret }, 'known, but not proved yet')
  const proof = sent(right)
  for (const byte of firstWords) t.deepEqual(give(left, Buffer.from([byte])), {})
  const { met } = give(left, Buffer.concat([proof, Buffer.from('behind')]))
  t.deepEqual(met?.hello, { ...b, ...withSecret })
  t.equal(Buffer.from(met?.rest ?? []).toString(), 'behind')
  t.equal(sent(left).length, proof.length, 'the proof goes out as well')
  t.end()
})

test('refusals that both hellos decide', t => {
  const cases: Array<[string, Handshake, Handshake]> = [
    ['CLUSTER_MISMATCH', start(a), start({ ...b, cluster: 'other' })],
    ['SELF_CONNECTION', start(a), start({ ...a, nonce: b.nonce })],
    ['SELF_CONNECTION', start(a), start({ ...b, nonce: a.nonce })],
    ['SELF_CONNECTION', start(a, secret), start({ ...b, nonce: a.nonce }, secret)],
    ['DUPLICATE_ID', start(a), start({ ...b, id: 'a' })],
    ['DUPLICATE_ID', start(a, secret), start({ ...b, id: 'a' }, secret)],
    ['AUTH_FAILED', start(a), start(b, secret)],
    ['AUTH_FAILED', start(a, secret), start(b)],
    ['AUTH_FAILED', start(a, secret), start(b, Buffer.from('another'))],
    ['AUTH_FAILED', start({ ...a, ...bound }, secret, tls('one')), start({ ...b, ...bound }, secret, tls('two'))],
    ['AUTH_FAILED', start({ ...a, ...bound }, secret), start({ ...b, ...bound }, secret)]
  ]
  for (const [code, left, right] of cases) {
    const [atLeft, atRight] = meet(left, right)
    t.deepEqual([atLeft, atRight], [{ code }, { code }], code)
  }
  t.end()
})

test('a stranger who borrows our id is not taken for a namesake', t => {
  const end = start(a, secret)
  sent(end)
  t.deepEqual(give(end, Buffer.concat([encodeHello({ ...b, id: 'a', ...withSecret }), Buffer.from('\n{"proof":""}\n')])), { code: 'AUTH_FAILED' })
  t.end()
})

test('a proof is bound to the TLS connection where both ends can', t => {
  const both = meet(start({ ...a, ...bound }, secret, tls('same')), start({ ...b, ...bound }, secret, tls('same')))
  const one = meet(start({ ...a, ...bound }, secret, tls('mine')), start(b, secret))
  for (const end of [...both, ...one]) t.ok(end.met)
  t.end()
})

test('what comes instead of a proof is refused', t => {
  const hello = Buffer.concat([encodeHello({ ...b, ...withSecret }), Buffer.from('\n')])
  const instead = ['{"proof":null}\n', '{"proof":""}\n', '{}\n', '{"proof":[]}\n', '{nonsense\n', '[]\n', '\x92', '{'.repeat(300), `{"proof":"${'A'.repeat(43)}="}\n`, hello.toString()]
  for (const bytes of instead) {
    t.deepEqual(give(start(a, secret), Buffer.concat([hello, Buffer.from(bytes, 'latin1')])), { code: 'AUTH_FAILED' }, bytes.slice(0, 30))
  }
  const end = start(a, secret)
  t.deepEqual(give(end, Buffer.concat([hello, Buffer.from('{"proof":')])), {}, 'half a proof is waited for')
  t.end()
})

test('an end that is answered with its own proof refuses it', t => {
  const end = start(a, secret)
  const own = sent(end)
  t.deepEqual(give(end, own), { code: 'SELF_CONNECTION' })
  const other = start(a, secret)
  sent(other)
  give(other, Buffer.concat([encodeHello({ ...b, ...withSecret }), Buffer.from('\n')]))
  t.deepEqual(give(other, sent(other)), { code: 'AUTH_FAILED' })
  t.end()
})

test('a proof from another connection refuses', t => {
  const [left, right] = [start(a, secret), start(b, secret)]
  sent(left)
  const helloOfB = sent(right)
  give(right, Buffer.concat([encodeHello({ ...a, ...withSecret }), Buffer.from('\n')]))
  const proof = sent(right)
  const later = start({ ...a, nonce: 'another-nonce-of-a' }, secret)
  sent(later)
  t.deepEqual(give(later, Buffer.concat([helloOfB, proof])), { code: 'AUTH_FAILED' })
  t.ok(give(left, Buffer.concat([helloOfB, proof])).met, 'where it belongs it is taken')
  t.end()
})

test('strangers are refused at their first byte', t => {
  for (const bytes of ['GET / HTTP/1.1\r\n', '\x16\x03\x01', '\n', ' {', '[', '\x00', '\xff']) {
    t.deepEqual(give(start(a), Buffer.from(bytes.slice(0, 1), 'latin1')), { code: 'BAD_FRAME' }, JSON.stringify(bytes))
  }
  t.deepEqual(give(start(a), new Uint8Array(0)), {}, 'nothing is nothing')
  t.end()
})

test('a hello without an end is refused after 64 KiB', t => {
  const end = start(a)
  t.deepEqual(give(end, Buffer.alloc(65_536, '{')), {})
  const refused = give(end, Buffer.from('{'))
  t.deepEqual(refused, { code: 'BAD_FRAME' })
  t.deepEqual(give(end, Buffer.from('\n')), refused, 'and ever after')
  t.end()
})

test('our own hello must be one that a peer would accept', t => {
  const channels = Array.from({ length: 100 }, (_, i) => ({ name: 'x'.repeat(1000) + String(i), kind: 'model', epoch: 'e' }))
  t.throws(() => new Handshake({ ...a, channels }, undefined, noExporter), { code: 'INVALID_ARGUMENT' })
  t.throws(() => new Handshake({ ...a, auth: true }, undefined, noExporter), { name: 'AssertionFailure' })
  t.end()
})
