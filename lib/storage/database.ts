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
}

export interface Sublevel {
  open (): Promise<void>
  close (): Promise<void>
  /** Atomic. `sync` is for those databases that know it; the others pay no attention to it. */
  batch (operations: Operation[], options: { sync: boolean }): Promise<void>
  iterator (options: { highWaterMarkBytes: number }): Entries
}

export type Operation =
  | { type: 'put', key: string, value: Buffer }
  | { type: 'del', key: string }

export interface Entries {
  /** The next entries, at most so many; none at the end. */
  nextv (size: number): Promise<Array<[string, Buffer]>>
  close (): Promise<void>
}
