import { TendrilError } from './ground/errors.js'
import { levelRecords } from './storage/level.js'
import { answer } from './stream/deliver.js'
import { Host } from './stream/host.js'
import type { HostedCore } from './stream/host.js'
import type { Settings } from './stream/options.js'
import { Streams } from './stream/streams.js'
import { Replication } from './replication.js'

export interface ShellOptions<Event> {
  /** What kind of structure it is, as the hello says. */
  readonly kind: string
  /** What its class is called, for errors. */
  readonly what: string
  readonly settings: Settings
  readonly onEvents: (events: readonly Event[], first: number) => void
  readonly onPeer: (id: string) => void
  /** Storage failed. Streams have been destroyed, and those who waited have been told. */
  readonly onFailure: (error: TendrilError, wasLoaded: boolean) => void
  /** How many distinct peers have acknowledged everything up to a sequence. */
  readonly replicas: (sequence: number) => number
}

/** What every structure consists of beside its core: the host, the streams, those who wait; and how it begins and ends. */
export class Shell<Event> {
  readonly #what: string
  readonly host: Host<Event>
  readonly streams: Streams
  readonly replication: Replication
  #closing: Promise<void> | undefined

  constructor (core: HostedCore<Event>, { kind, what, settings, onEvents, onPeer, onFailure, replicas }: ShellOptions<Event>) {
    const { name, clock, storage, durable } = settings
    const records = storage === undefined ? undefined : levelRecords(storage, name)
    const fail = (error: TendrilError, wasLoaded: boolean): void => {
      this.streams.refuse('STORAGE_FAILED', error.message, error)
      this.replication.close(error)
      onFailure(error, wasLoaded)
    }
    this.#what = what
    this.host = new Host(core, { name, kind, clock, records, durable, onEvents, onPeer, onFailure: fail })
    this.streams = new Streams([this.host], settings)
    this.replication = new Replication(replicas)
  }

  ready (callback: unknown): Promise<void> | void {
    return answer(() => new Promise((resolve, reject) => {
      this.host.whenReady(error => { if (error === undefined) resolve(); else reject(error) })
    }), callback)
  }

  flush (callback: unknown): Promise<void> | void {
    return answer(async () => {
      this.assertOpen()
      await this.#flushed()
      this.host.assertOpen()
    }, callback)
  }

  async #flushed (): Promise<void> {
    await new Promise<void>(resolve => { this.host.whenFlushed(resolve) })
  }

  close (callback: unknown): Promise<void> | void {
    return answer(() => {
      this.#closing ??= this.#close()
      return this.#closing
    }, callback)
  }

  async #close (): Promise<void> {
    this.replication.close(this.#closed())
    this.streams.stop()
    // What was written before has to be in storage before it may be sent, and sent before goodbye is said.
    await this.#flushed()
    await new Promise<void>(resolve => { this.streams.close(resolve) })
    await new Promise<void>((resolve, reject) => {
      this.host.shut(error => { if (error === undefined) resolve(); else reject(error) })
    })
  }

  /** @throws TendrilError with code CLOSED from the call of `close` on, or STORAGE_FAILED */
  assertOpen (): void {
    if (this.#closing !== undefined) throw this.#closed()
    this.host.assertOpen()
  }

  #closed (): TendrilError { return new TendrilError('CLOSED', `this ${this.#what} is closed`) }
}
