import type { Body } from './messages.js'

export interface Reply {
  readonly to: string
  readonly body: Body
}

/** Replies that say more than storage is known to hold yet. They wait here, so that nobody can forget to wait. */
export class Holding {
  /** Changes up to here are durable. */
  durable: number
  readonly #held: Array<Reply & { readonly sequence: number }> = []

  constructor (durable: number) {
    this.durable = durable
  }

  hold (sequence: number, reply: Reply): void { this.#held.push({ ...reply, sequence }) }

  /** What was to be said in a configuration that is over. */
  drop (): void { this.#held.length = 0 }

  /** Whether any may leave now. */
  get isDue (): boolean { return this.#held[0] !== undefined && this.#held[0].sequence <= this.durable }

  /** Those that may leave now, in order. */
  release (): Reply[] {
    const end = this.#held.findIndex(({ sequence }) => sequence > this.durable)
    return this.#held.splice(0, end === -1 ? this.#held.length : end)
  }
}
