import { TendrilError } from '../ground/errors.js'

/** How deep a frame may nest, in either codec: values go to 100 levels, and messages wrap them in a few more. */
export const maxFrameDepth = 128

/** What a reader throws at bytes that are no frame: its stream ends, and no state was changed. */
export function badFrame (what: string, cause?: unknown): TendrilError {
  return new TendrilError('BAD_FRAME', `Received ${what}`, { cause })
}
