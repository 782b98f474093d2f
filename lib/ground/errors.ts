/** Every code a {@link TendrilError} can carry. Codes are stable; messages may change between versions. */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'CLUSTER_MISMATCH'
  | 'AUTH_FAILED'
  | 'VERSION_UNSUPPORTED'
  | 'BAD_FRAME'
  | 'FRAME_TOO_LARGE'
  | 'CLOCK_SKEW'
  | 'SELF_CONNECTION'
  | 'DUPLICATE_ID'
  | 'STREAM_REUSED'
  | 'TOO_MANY_STREAMS'
  | 'PREMATURE_CLOSE'
  | 'ALREADY_PRESENT'
  | 'NOT_HOLDER'
  | 'VERSION_CONFLICT'
  | 'ABORTED'
  | 'OUTCOME_UNKNOWN'
  | 'NOT_MEMBER'
  | 'CLUSTER_FULL'
  | 'EVICTED'
  | 'STORAGE_FAILED'
  | 'CLOSED'

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_ARGUMENT', 'CLUSTER_MISMATCH', 'AUTH_FAILED', 'VERSION_UNSUPPORTED', 'BAD_FRAME', 'FRAME_TOO_LARGE',
  'CLOCK_SKEW', 'SELF_CONNECTION', 'DUPLICATE_ID', 'STREAM_REUSED', 'TOO_MANY_STREAMS', 'PREMATURE_CLOSE',
  'ALREADY_PRESENT', 'NOT_HOLDER', 'VERSION_CONFLICT', 'ABORTED', 'OUTCOME_UNKNOWN', 'NOT_MEMBER', 'CLUSTER_FULL',
  'EVICTED', 'STORAGE_FAILED', 'CLOSED'
])

/** Whether `value` is one of the codes above: what a peer names in its goodbye is only believed if it is. */
export function isErrorCode (value: unknown): value is ErrorCode {
  return typeof value === 'string' && codes.has(value)
}

/**
 * What tendril reports when something outside the caller's code went wrong: a peer, a disk, a closed structure.
 * Branch on `code`, never on the message.
 */
export class TendrilError extends Error {
  readonly code: ErrorCode
  /** Of a call of a ConsistentSet whose outcome is not known: a retry with this token is answered as the call itself would have been. */
  declare readonly token?: string

  constructor (code: ErrorCode, message: string, { token, ...options }: { cause?: unknown, token?: string | undefined } = {}) {
    super(message, options)
    this.name = 'TendrilError'
    this.code = code
    if (token !== undefined) this.token = token
  }
}

/** A `TypeError` with code INVALID_ARGUMENT: the argument is of the wrong kind. Nothing was changed. */
export function wrongType (message: string): TypeError & { code: 'INVALID_ARGUMENT' } {
  return Object.assign(new TypeError(message), { code: 'INVALID_ARGUMENT' as const })
}

/** A `RangeError` with code INVALID_ARGUMENT: the right kind, but out of bounds. Nothing was changed. */
export function outOfRange (message: string): RangeError & { code: 'INVALID_ARGUMENT' } {
  return Object.assign(new RangeError(message), { code: 'INVALID_ARGUMENT' as const })
}
