import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'tape'
import { selfSigned } from '../lib/cli/certificate.js'

/** What each example prints; where it prints what differs from run to run, a pattern. */
const outputs: Readonly<Record<string, RegExp>> = {
  'bundle.ts': /^b offers users, audit\nusers there: {"ada":{"born":1815}} audit there: {}\n$/,
  'copy.ts': /^copy {5}{"Pluto":"mine alone","Mercury":7,"Venus":5,"Earth":5}\noriginal {"Mercury":7,"Venus":5,"Earth":5}\n$/,
  'dial.ts': /^ada sees ada, bob, hub over hub\nada sees ada, bob over hub, bob\n$/,
  'expiry.ts': /^b has the lease: mine\nboth have dropped it: true\nafter a second, not before: true\n$/,
  'gzip.ts': /^b holds 1000 keys\n\d+ bytes went as \d+, a fifth or less: true\n$/,
  'ndjson.ts': /^hello of a\n(\[.*\]\n)*\[1,5,.*\["fruit",0,1,0,\["apple","pear"\]\],.*{"\$bigint":"12"}.*{"\$bytes":"AQID"}.*\n(\[.*\]\n)*\[0,2,null,""\]\n$/,
  'net.ts': /^greeting is undefined\nconnected to server\ngreeting is hello, world\n$/,
  'partition.ts': new RegExp([
    '^together   {"title":"draft","price":10,"stock":5}', 'apart, a   {"title":"from a","stock":5}',
    'apart, b   {"title":"from b, which came later","price":12}', 'healed, a  {"title":"from b, which came later","price":12}',
    'healed, b  {"title":"from b, which came later","price":12}', '$'
  ].join('\n')),
  'lock.ts': /^1 of 3 holds the lock\nthe first writes\nthe second writes\nthe first comes too late\n$/,
  'presence.ts': /^ada came, and is curious\nbob came, and is curious\nada is happy\nada left\nbob may be lost\nbob is lost\nhere now: hall\n$/,
  'reconnect.ts': /^stranger lost its connection: CLUSTER_MISMATCH\nclient holds {"round":1}\n(client lost its connection: \w+\n)*client holds {"round":2}\n$/,
  'recover.ts': /^a alone: ABORTED\na of a,b,c goes on\nmembers: a,d ada: true\nfences go on growing: true\n$/,
  'services.ts': /^users-1 at tcp:\/\/10\.0\.0\.2:8000, users-2 at tcp:\/\/10\.0\.0\.3:8000\ndraining: users-2\nusers-1 at tcp:\/\/10\.0\.0\.2:8000\n$/,
  'session.ts': /^# they have never met\n([ab]: .*\n)+# nothing is new\n([ab]: .*\n)+# a has forgotten a delete that b has not seen\n([ab]: .*\n)+$/,
  'stdio.ts': /^child answers: drow = lirdnet\nchild exits with code 0\n$/,
  'storage.ts': /^after a restart: {"visits":1} under the same id: true\nthe next write is version 4\n$/,
  'tap.ts': /^10001 keys took \d+ bytes there, \d+ back\nthe stream agrees: true, and counts 10001 entries\n$/,
  'throttle.ts': /^b ends with the latest price: 1000\nand saw fewer than a tenth of them on its way: true\n$/,
  'tls.ts': /^TLSv1\.3 client holds {"motd":"only for friends"}\na stranger is refused: AUTH_FAILED and holds {}\n$/,
  'two-in-memory.ts': /^b hears from a: colour = green\nb hears from a: sizes = \[ 36, 38, 40 \]\nb holds {"colour":"green","sizes":\[36,38,40\]}\n$/,
  'unique-names.ts': /^1 got the name\nwithout c: true\nd CLUSTER_FULL\nwith d: a,b,d\n$/
}

const root = join(import.meta.dirname, '..')
const names = readdirSync(join(root, 'examples')).filter(name => name.endsWith('.ts'))

test('every example has an output to check, and none is missing', t => {
  t.deepEqual(names.sort(), Object.keys(outputs).sort())
  t.end()
})

/** What examples/tls.ts asks its reader to make: not every machine has openssl. */
const folder = mkdtempSync(join(tmpdir(), 'tendril-examples-'))
test.onFinish(() => { rmSync(folder, { recursive: true }) })
const { key, cert } = selfSigned()
writeFileSync(join(folder, 'key.pem'), key)
writeFileSync(join(folder, 'cert.pem'), cert)

for (const name of names) {
  test(`examples/${name} runs to its end and prints what it should`, async t => {
    const path = join('examples', name)
    const text = readFileSync(join(root, path), 'utf8')
    t.ok(text.trimEnd().split('\n').length <= 40, 'it has at most 40 lines')
    t.ok(text.startsWith('/** '), 'it says first what it shows')
    t.notOk(/ from '\./.test(text), 'it imports nothing that a user lacks')
    t.ok(/ from 'tendril'\n/.test(text), "it imports from 'tendril', as a user would")
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', path, ...name === 'tls.ts' ? [folder] : []], { cwd: root, timeout: 60_000 })
    const { stdout, stderr } = await run
    t.match(stdout, outputs[name] ?? /^$/, 'it prints what it should')
    t.equal(stderr, '', 'and no complaints')
  })
}
