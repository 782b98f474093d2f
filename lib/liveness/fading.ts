import TinyQueue from 'tinyqueue'
import type { MemberRecord } from './member.js'

interface Due { readonly at: number, readonly record: MemberRecord }

/** When members are to be judged again by the passing of time alone. Of each, one place in the queue is enough. */
export class Fading {
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at)
  /** When each is due, and the place in the queue that counts for it: that may come earlier, and is moved on then. */
  readonly #byRecord = new Map<MemberRecord, { dueAt: number, queuedAt: number }>()

  /** It may be earlier than anybody is due. */
  get deadline (): number { return this.#queue.peek()?.at ?? Infinity }

  /** Undefined: time alone changes nothing for this one. */
  set (record: MemberRecord, at = Infinity): void {
    const known = this.#byRecord.get(record)
    if (known !== undefined && known.queuedAt <= at) {
      known.dueAt = at
    } else if (at < Infinity) {
      this.#byRecord.set(record, { dueAt: at, queuedAt: at })
      this.#queue.push({ at, record })
    }
  }

  /** Takes out those who are due. */
  take (at: number): MemberRecord[] {
    const due: MemberRecord[] = []
    for (let next = this.#queue.peek(); next !== undefined && next.at <= at; next = this.#queue.peek()) {
      this.#queue.pop()
      const known = this.#byRecord.get(next.record)
      if (known?.queuedAt !== next.at) continue
      this.#byRecord.delete(next.record)
      if (known.dueAt <= at) due.push(next.record)
      else this.set(next.record, known.dueAt)
    }
    return due
  }
}
