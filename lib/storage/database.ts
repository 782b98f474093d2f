/**
 * What storage needs of an abstract-level database, which every one of them has: classic-level, memory-level, a
 * sublevel of the user's own.
 *
 * It is spelled out because `AbstractLevel` has no type that databases of all keys and values are assignable to. And a
 * package of types would have to be the same version here and at the user's.
 */
export interface Database {
  open (): Promise<void>
  sublevel (name: string[], options: { keyEncoding: 'utf8', valueEncoding: 'buffer' }): Sublevel
  /** Takes a list of {@link Operation}. Atomic. `sync` is for those databases that know it; the others pay no attention to it. */
  batch (operations: unknown[], options: { sync: boolean }): Promise<void>
}

export interface Sublevel {
  open (): Promise<void>
  close (): Promise<void>
  iterator (options: { highWaterMarkBytes: number }): Entries
}

/** Of the whole database, with the sublevel that it is about: a sublevel's own `batch` copies each operation once more. */
export type Operation =
  | { type: 'put', sublevel: Sublevel, key: string, value: Buffer }
  | { type: 'del', sublevel: Sublevel, key: string }

export interface Entries {
  /** The next entries, at most so many; none at the end. */
  nextv (size: number): Promise<Array<[string, Buffer]>>
  close (): Promise<void>
}
