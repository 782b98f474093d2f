import { Unsettled } from './unsettled.js'

/** What stands in a {@link Log}: its links are the log's own business. */
export interface Logged {
  /** The place in local arrival order; 0 while it stands in no log. */
  sequence: number
  before: this | undefined
  after: this | undefined
}

/** The counter that several logs share, so that one number says how far a peer has come in all of them. */
export interface Sequence { last: number }

/**
 * A list in local arrival order. What changes is unlinked and appended anew, so 'all since here' is a walk of the
 * difference: never a scan, never a sort, and a thing changed a thousand times is walked over once.
 */
export class Log<T extends Logged> {
  #first: T | undefined
  #last: T | undefined
  #length = 0
  readonly #sequence: Sequence
  readonly #walking = new Set<Cursor<T>>()
  readonly #waiting = new Set<Cursor<T>>()
  readonly #unsettled: Unsettled | undefined

  /** `persistent`: what is changed here is lost in a crash until storage has confirmed it. */
  constructor (sequence: Sequence, persistent = false) {
    this.#sequence = sequence
    this.#unsettled = persistent ? new Unsettled() : undefined
  }

  get first (): T | undefined { return this.#first }
  get length (): number { return this.#length }

  /** Appends at the end, from wherever `item` stood. */
  append (item: T): void {
    // The own source after each own write: it stands at the end already.
    if (item.sequence > 0) this.unsettle(item)
    if (item !== this.#last) {
      if (item.sequence > 0) this.remove(item)
      this.#link(item)
    }
    item.sequence = ++this.#sequence.last
    if (this.#waiting.size === 0) return
    for (const cursor of this.#waiting) {
      cursor.next = item
      this.#walking.add(cursor)
    }
    this.#waiting.clear()
  }

  /** Appends what storage kept, in the order of the sequences it had. */
  restore (item: T): void {
    this.#link(item)
    this.#sequence.last = Math.max(this.#sequence.last, item.sequence)
  }

  #link (item: T): void {
    item.before = this.#last
    item.after = undefined
    if (this.#last === undefined) this.#first = item
    else this.#last.after = item
    this.#last = item
    this.#length++
  }

  remove (item: T): void {
    for (const cursor of this.#walking) {
      if (cursor.next !== item) continue
      cursor.next = item.after
      if (cursor.next === undefined) this.#park(cursor)
    }
    if (item.before === undefined) this.#first = item.after
    else item.before.after = item.after
    if (item.after === undefined) this.#last = item.before
    else item.after.before = item.before
    item.before = undefined
    item.after = undefined
    item.sequence = 0
    this.#length--
  }

  /** What takes the place of `item` comes next in the log: until that is durable, a crash brings `item` back. */
  unsettle (item: T): void {
    this.#unsettled?.add(item.sequence, this.#sequence.last + 1)
  }

  /** So much is durable now: what was replaced up to there is needed no more, whether or not anybody is being served. */
  settle (durable: number): void { this.#unsettled?.settle(durable) }

  /** How many places a crash would fill again. */
  get unsettled (): number { return this.#unsettled?.size ?? 0 }

  /** How far a peer may take the log for known that has been given all up to `position`. */
  settled (position: number, durable: number): number {
    return this.#unsettled?.cap(position, durable) ?? position
  }

  /** A cursor behind everything up to `position`, found from both ends: the cost is the distance to the nearer one. */
  cursor (position: number): Cursor<T> {
    const next = this.#behind(position)
    const cursor: Cursor<T> = { next, position }
    if (next === undefined) this.#waiting.add(cursor)
    else this.#walking.add(cursor)
    return cursor
  }

  #behind (position: number): T | undefined {
    let early = this.#first
    let late = this.#last
    if (late === undefined || late.sequence <= position) return undefined
    while (early !== undefined && late.before !== undefined) {
      if (early.sequence > position) return early
      if (late.before.sequence <= position) return late
      early = early.after
      late = late.before
    }
    return late
  }

  /** Moves a cursor over the item it stands before. */
  advance (cursor: Cursor<T>): void {
    const item = cursor.next
    if (item === undefined) return
    cursor.position = item.sequence
    cursor.next = item.after
    if (cursor.next === undefined) this.#park(cursor)
  }

  /** Forgets a cursor. */
  release (cursor: Cursor<T>): void {
    this.#walking.delete(cursor)
    this.#waiting.delete(cursor)
  }

  #park (cursor: Cursor<T>): void {
    this.#walking.delete(cursor)
    this.#waiting.add(cursor)
  }

  * [Symbol.iterator] (): Generator<T, void, undefined> {
    for (let item = this.#first; item !== undefined; item = item.after) yield item
  }
}

/** A reader's place in a log. It stays right while items are appended, moved and removed around it. */
export interface Cursor<T> {
  /** What comes next; undefined at the end. */
  next: T | undefined
  /** The sequence of the last item passed: everything up to it has been read. */
  position: number
}
