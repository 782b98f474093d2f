import { createInterface } from 'node:readline'
import type { Cluster } from './cluster.js'
import { fullScreen, plainScreen } from './screen.js'
import { isWhole, viewOf } from './view.js'

const quietMs = 6_000
const awayMs = 5_000
/** `a` is left alone: it carries the pipe of `e`. */
const victims = ['c', 'd', 'e', 'b'] as const

/** Shows the cluster until the user has seen enough; meanwhile kills a node every now and then, and brings it back. */
export async function live (cluster: Cluster, ended: AbortSignal): Promise<void> {
  const full = process.stdout.isTTY ? fullScreen(process.stdout) : undefined
  const screen = full ?? plainScreen(process.stdout, 4)
  cluster.on('round', () => { screen.show(cluster.seconds, viewOf(cluster)) })
  cluster.on('event', text => { screen.tell(cluster.seconds, text) })
  cluster.start()
  screen.tell(cluster.seconds, `five processes start: ${cluster.processes()}`)
  const stopKilling = killNowAndThen(cluster)
  try {
    await readLines(ended, line => {
      obey(line, cluster)
      full?.prompt()
    })
  } finally {
    stopKilling()
    screen.close()
  }
}

/** Resolves at `q`, at the end of input, or at a signal. */
async function readLines (ended: AbortSignal, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  await new Promise<void>(resolve => {
    lines.once('close', resolve)
    lines.on('line', line => {
      if (line.trim() === 'q') lines.close()
      else onLine(line)
    })
    if (ended.aborted) lines.close()
    ended.addEventListener('abort', () => { lines.close() })
  })
  process.stdin.destroy()
}

let turn = 0

/** Users take turns at all nodes: any may write any key. */
function obey (line: string, cluster: Cluster): void {
  const at = line.indexOf('=')
  const key = line.slice(0, Math.max(at, 0)).trim()
  const up = cluster.up()
  const member = up[turn++ % up.length]
  if (key === '' || member === undefined) cluster.emit('event', 'that was no key=value')
  else cluster.set(member, key, line.slice(at + 1).trim())
}

function killNowAndThen (cluster: Cluster): () => void {
  let killed = 0
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    if (!isWhole(viewOf(cluster))) return
    cluster.off('round', begin)
    timer = setTimeout(kill, quietMs)
  }
  const kill = (): void => {
    const member = cluster.member(victims[killed++ % victims.length] ?? 'c')
    if (member.isUp) cluster.kill(member)
    timer = setTimeout(() => {
      cluster.revive(member)
      timer = setTimeout(kill, quietMs)
    }, awayMs)
  }
  cluster.on('round', begin)
  return () => {
    cluster.off('round', begin)
    clearTimeout(timer)
  }
}
