/**
 * Calls the user's code. What it throws breaks nothing here: it surfaces as an uncaught exception would, after what is
 * under way.
 */
export function deliver (call: () => unknown): void {
  try {
    call()
  } catch (error) {
    process.nextTick(() => { throw error })
  }
}
