const styles = { dim: 2, red: 31, green: 32, yellow: 33 } as const

/** Text in a colour of the terminal, or as it is. */
export function styleText (style: keyof typeof styles, text: string, isColoured: boolean): string {
  return isColoured && text !== '' ? `\x1b[${styles[style]}m${text}\x1b[0m` : text
}
