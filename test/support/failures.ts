import { TendrilError } from '../../lib/index.js'

/** The code of what `call` throws, or rejects with; 'nothing' if it does neither. */
export async function codeOf (call: () => unknown): Promise<string> {
  try {
    await call()
    return 'nothing'
  } catch (error) {
    return code(error)
  }
}

export function code (error: unknown): string {
  if (error === undefined || error === null) return 'nothing'
  if (error instanceof TendrilError) return error.code
  return `${error instanceof Error ? String(error) : typeof error} (no TendrilError)`
}

/** How an argument was refused: the kind of the error and its code. */
export function refusalOf (call: () => unknown): string {
  try {
    call()
    return 'taken'
  } catch (error) {
    const kind = error instanceof TypeError ? 'TypeError' : error instanceof RangeError ? 'RangeError' : 'Error'
    return `${kind} ${String((error as { code?: unknown }).code)}`
  }
}

/** Why a stream has closed: a code, where there is one, also of what is not tendril's own. */
export function reason ({ errored }: { errored: Error | null }): string {
  if (errored === null) return 'nothing'
  const { code } = errored as { code?: unknown }
  return typeof code === 'string' ? code : errored.message
}
