/** Plain state as text: equal for states that are equal. Maps keep their order, as it is state too. */
export function digest (value: unknown): string {
  return JSON.stringify(value, (_, part: unknown): unknown => {
    if (part instanceof Map) return ['map', ...part as Map<unknown, unknown>]
    if (part instanceof Set) return ['set', ...part as Set<unknown>]
    return part === undefined ? null : part
  })
}
