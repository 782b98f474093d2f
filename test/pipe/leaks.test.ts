import test from 'tape'
import { runScript } from '../support/children.js'

// Connections that come and go, however they end, leave nothing: no streams, no handles, no listeners, no memory.

const script = new URL('leaks.script.ts', import.meta.url)

interface Report {
  cycles: number
  streams: number[]
  handles: string[]
  listeners: number
  heapGrowth: number
  kept: number
}

for (const idiom of ['s.pipe(socket).pipe(s)', 'socket.pipe(s).pipe(socket)']) {
  test(`2,000 connections, ${idiom}`, async t => {
    const { code, stdout, stderr } = await runScript(script, [idiom, '2000'], ['--expose-gc'], 120_000)
    t.equal(stderr, '')
    t.equal(code, 0, 'the process exits by itself')
    const report = JSON.parse(stdout) as Report
    t.equal(report.cycles, 2_000)
    t.deepEqual(report.streams, [0, 0], 'no stream is counted any more')
    t.deepEqual(report.handles, [], 'no handle is left')
    t.equal(report.listeners, 0, 'no listener was left on what lives longer')
    t.ok(report.heapGrowth < 2_000_000, `the heap grew by ${report.heapGrowth} bytes`)
    t.ok(report.kept <= 4, `${report.kept} of 2,000 streams are still in memory`)
  })
}
