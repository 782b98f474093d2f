import { legend, summary, table } from './table.js'
import type { NodeView } from './view.js'

/** Where the demo is shown. */
export interface Screen {
  readonly show: (seconds: number, views: readonly NodeView[]) => void
  /** Something happened. */
  readonly tell: (seconds: number, text: string) => void
  readonly close: () => void
}

const eventsShown = 8
const prompt = 'key=value sets a key, q ends: '

const esc = {
  otherScreen: '\x1b[?1049h',
  firstScreen: '\x1b[?1049l',
  save: '\x1b7',
  restore: '\x1b8',
  home: '\x1b[H',
  clearLine: '\x1b[K',
  clearBelow: '\x1b[J'
}

/** Lines one after the other, for what is no terminal: what happened, where the nodes stand every so many rounds, and when
 * they come together or part. */
export function plainScreen (output: NodeJS.WriteStream, roundsPerLine: number): Screen {
  let rounds = 0
  let equal = 0
  const line = (seconds: number, text: string): void => { output.write(`${seconds.toFixed(1).padStart(5)} s  ${text}\n`) }
  return {
    show: (seconds, views) => {
      const before = equal
      equal = views.filter(({ isEqual }) => isEqual).length
      const hasBegun = rounds > 0 || equal > 0
      if (hasBegun && (rounds++ % roundsPerLine === 0 || equal !== before)) line(seconds, summary(views))
    },
    tell: line,
    close: () => {}
  }
}

/** The whole terminal, drawn anew at each round; the line on which the user types is left alone. */
export function fullScreen (output: NodeJS.WriteStream): Screen & { readonly prompt: () => void } {
  const isColoured = process.env['NO_COLOR'] === undefined
  const events: string[] = []
  let shown: readonly NodeView[] = []
  const draw = (seconds: number): void => {
    const lines = [
      `tendril: five processes, one map, ${seconds.toFixed(0)} s`, '', ...table(shown, isColoured), '', legend, '',
      ...Array.from({ length: eventsShown }, (_, i) => events[i] ?? ''), ''
    ]
    const { columns = 80 } = output
    const text = lines.map(line => cropped(line, columns) + esc.clearLine).join('\n')
    output.write(esc.save + esc.home + text + esc.restore)
  }
  const askAt = (): void => {
    // Below the titles, the five nodes, the events, and the empty lines between.
    const row = 2 + 6 + 3 + eventsShown + 2
    output.write(`\x1b[${row};1H${esc.clearBelow}${prompt}`)
  }
  output.write(esc.otherScreen + esc.home + esc.clearBelow)
  askAt()
  return {
    show: (seconds, views) => {
      shown = views
      draw(seconds)
    },
    tell: (seconds, text) => {
      events.push(`${seconds.toFixed(1).padStart(5)} s  ${text}`)
      if (events.length > eventsShown) events.shift()
      draw(seconds)
    },
    prompt: askAt,
    close: () => { output.write(esc.firstScreen) }
  }
}

/** What fits a line of the terminal. Colours end with their line, so a coloured one is left whole. */
function cropped (line: string, columns: number): string {
  return line.includes('\x1b') ? line : line.slice(0, columns)
}
