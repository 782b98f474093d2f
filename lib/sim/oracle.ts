import type { StoredRecord } from '../core.js'
import type { Entry } from '../gossip/entry.js'
import type { Replica } from '../gossip/replica.js'
import { sameValue } from '../ground/values.js'
import type { Value } from '../ground/values.js'
import { expect } from './violation.js'

/** `source#version`: the name of a change. */
type Dot = string

interface Write {
  readonly dot: Dot
  readonly key: string
  readonly stamp: number
  /** Undefined: a delete. */
  readonly value: Value | undefined
  readonly expires: boolean
  /** Its causal past on its key: what its node held of it when it wrote, and the pasts of that. */
  readonly past: ReadonlySet<Dot>
}

/** What the oracle has seen of one node's state. */
interface View {
  /** Counts by which a state that was looked at already is known. */
  counts: readonly number[]
  /** What it held when it was last looked at, by key. */
  held: Map<string, Dot[]>
  live: Set<Dot>
  /** What was live here and is so no more: it must never be again, as long as the node keeps its state. */
  gone: Set<Dot>
  /** All that it has held since it last lost state, in that order. */
  known: Dot[]
  isKnown: Set<Dot>
}

/**
 * Knows of every write what its writer had seen, and so what must be left in the end, without knowing how the cores work:
 * what is live on a key is what no other write of that key has seen.
 */
export class Oracle {
  readonly #writes = new Map<Dot, Write>()
  /** What was seen by writes that were lost untold, and whose names were given anew. */
  readonly #seenByLost = new Set<Dot>()
  readonly #views = new Map<string, View>()

  get writes (): number { return this.#writes.size }

  /**
   * A node begins with what its storage kept. Of what it had held, the first `kept` are there; `wasClean`: it was stopped
   * in order, and so has forgotten nothing of what is gone, unless its disk was lost meanwhile.
   */
  started (id: string, records: readonly StoredRecord[], kept: number, wasClean: boolean): void {
    const before = this.#view(id)
    const known = before.known.slice(0, kept)
    const view = viewOf(known, wasClean && known.length === before.known.length ? before.gone : new Set())
    for (const { key, value: [name, source, version] } of records) {
      if (!key.startsWith('e')) continue
      const dot = `${String(source)}#${String(version)}`
      view.held.set(String(name), [...view.held.get(String(name)) ?? [], dot])
      know(view, dot)
    }
    this.#views.set(id, view)
  }

  /**
   * A node's user has written; to be told before anything is made of it, for a delete may be forgotten within the same
   * step.
   */
  wrote (id: string, entry: Entry): void {
    const view = this.#view(id)
    this.#enter(id, entry, dotOf(entry), view)
    know(view, dotOf(entry))
  }

  /** Looks at a node's state. @returns how many writes it has come to know */
  look (id: string, replica: Replica): number {
    const before = this.#view(id)
    const counts = countsOf(replica)
    if (counts.every((count, i) => count === before.counts[i])) return before.known.length
    const held = new Map<string, Dot[]>()
    const live = new Set<Dot>()
    for (const entry of replica.entries) {
      const dot = dotOf(entry)
      this.#recognize(id, replica, entry, dot, before)
      held.set(entry.key, [...held.get(entry.key) ?? [], dot])
      know(before, dot)
      if (entry.value !== undefined) live.add(dot)
    }
    for (const dot of before.live) if (!live.has(dot)) before.gone.add(dot)
    for (const dot of live) expect(!before.gone.has(dot), () => `${id} shows ${this.#describe(dot)} again, which was gone there`)
    Object.assign(before, { counts, held, live })
    return before.known.length
  }

  #view (id: string): View {
    let view = this.#views.get(id)
    if (view === undefined) {
      view = viewOf([], new Set())
      this.#views.set(id, view)
    }
    return view
  }

  /** An entry is a write that is known already, or one that the node has just made by itself. */
  #recognize (id: string, replica: Replica, entry: Entry, dot: Dot, view: View): void {
    if (this.#isSame(this.#writes.get(dot), entry)) return
    expect(entry.source === replica.own, () => `${id} holds ${dot} of ${entry.key}, which nobody wrote`)
    this.#enter(id, entry, dot, view)
  }

  #isSame (write: Write | undefined, { key, stamp, value }: Entry): boolean {
    if (write?.key !== key || write.stamp !== stamp) return false
    if (value === undefined) return write.value === undefined || write.expires
    return write.value !== undefined && sameValue(write.value, value)
  }

  #enter (id: string, entry: Entry, dot: Dot, view: View): void {
    const namesake = this.#writes.get(dot)
    if (namesake !== undefined) {
      // A write that was lost before anybody heard of it is as if it had not been: its name is free.
      const knower = [...this.#views].find(([, { isKnown }]) => isKnown.has(dot))
      expect(knower === undefined, () => `two writes are called ${dot}: ${this.#describe(dot)}, known to ${knower?.[0]}, and ${entry.key} at ${id}`)
      for (const older of namesake.past) this.#seenByLost.add(older)
    }
    this.#writes.set(dot, this.#written(entry, dot, view.held.get(entry.key) ?? []))
  }

  #written ({ key, stamp, value, rarely }: Entry, dot: Dot, seen: readonly Dot[]): Write {
    const past = new Set(seen)
    for (const one of seen) for (const older of this.#writes.get(one)?.past ?? []) past.add(older)
    return { dot, key, stamp, value, expires: rarely?.expiresAt !== undefined, past }
  }

  /**
   * Checks what all nodes have come to show. What survived is what some node has held and not lost since. A write that a
   * surviving one had seen must not show; a surviving one that no write had ever seen must. Where no state was lost this
   * leaves exactly one right answer. What had a time to live has expired by then.
   */
  judge (shown: ReadonlySet<Dot>): void {
    const survivors = new Set<Dot>()
    for (const { known } of this.#views.values()) for (const dot of known) survivors.add(dot)
    const coveredBySurvivors = this.#pasts(survivors)
    const covered = this.#pasts(this.#writes.keys())
    for (const dot of shown) {
      const write = this.#writes.get(dot)
      expect(write?.value !== undefined, () => `${dot} is shown, which is no value that was written`)
      expect(!write.expires, () => `${this.#describe(dot)} is shown after its time was up`)
      expect(!coveredBySurvivors.has(dot), () => `${this.#describe(dot)} is shown, although a write that survived had seen it`)
    }
    for (const dot of survivors) {
      const write = this.#writes.get(dot)
      if (write?.value === undefined || write.expires || covered.has(dot) || this.#seenByLost.has(dot)) continue
      expect(shown.has(dot), () => `${this.#describe(dot)} is not shown, although no write had seen it`)
    }
  }

  #pasts (dots: Iterable<Dot>): Set<Dot> {
    const covered = new Set<Dot>()
    for (const dot of dots) for (const older of this.#writes.get(dot)?.past ?? []) covered.add(older)
    return covered
  }

  #describe (dot: Dot): string {
    const write = this.#writes.get(dot)
    return write === undefined ? dot : `${write.key} = ${JSON.stringify(write.value)?.slice(0, 20)} (${dot})`
  }
}

export function dotOf ({ source, version }: Entry): Dot { return `${source.name}#${version}` }

function viewOf (known: Dot[], gone: Set<Dot>): View {
  return { counts: [-1], held: new Map(), live: new Set(), gone, known, isKnown: new Set(known) }
}

/** Whatever comes takes a place in the log; what goes, or expires, changes a length. */
function countsOf ({ sequence, entries, deletes }: Replica): readonly number[] {
  return [sequence.last, entries.length, deletes.size]
}

function know (view: View, dot: Dot): void {
  if (view.isKnown.has(dot)) return
  view.isKnown.add(dot)
  view.known.push(dot)
}
