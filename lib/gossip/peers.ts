import type { Change } from '../core.js'
import { resumeKey, resumeRecord } from './records.js'
import type { Resume } from './records.js'

/** How many peers are remembered; of more, the one not heard of for the longest time starts anew. */
const peersKept = 4096

/** What is remembered of peers beyond a session: how far their logs are known here, and how far ours is known there. */
export class Peers {
  resumes = new Map<string, Resume>()
  readonly #acknowledged = new Map<string, number>()

  /** How many distinct peers keep everything up to `sequence` of this replica's log. */
  replicas (sequence: number): number {
    let peers = 0
    for (const acknowledged of this.#acknowledged.values()) if (acknowledged >= sequence) peers++
    return peers
  }

  acknowledge (peerId: string, sequence: number): void {
    setLatest(this.#acknowledged, peerId, Math.max(sequence, this.#acknowledged.get(peerId) ?? 0))
  }

  /** The next session with each peer begins at the beginning. @returns what storage is to keep of that */
  forgetResumes (): Change[] {
    const changes = Array.from(this.resumes.keys(), id => ({ key: resumeKey(id), value: undefined }))
    this.resumes = new Map()
    return changes
  }

  /** Notes where the next session with a peer goes on. @returns what storage is to keep of it */
  resume (peerId: string, resume: Resume): Change[] {
    if (this.resumes.get(peerId) === resume) return []
    const dropped = setLatest(this.resumes, peerId, resume)
    const change = { key: resumeKey(peerId), value: resumeRecord(peerId, resume) }
    return dropped === undefined ? [change] : [change, { key: resumeKey(dropped), value: undefined }]
  }
}

/** Sets an entry as the latest of a bounded map. @returns the key that had to go for it */
function setLatest<T> (map: Map<string, T>, key: string, value: T): string | undefined {
  map.delete(key)
  map.set(key, value)
  if (map.size <= peersKept) return undefined
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
  return oldest
}
