import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import type { Duplex } from 'node:stream'
import duplexify from 'duplexify'
import pump from 'pump'
import type { Model } from '../../index.js'
import type { Certificate } from '../certificate.js'
import type { Over } from './rows.js'
import { tap } from './tap.js'

const host = '127.0.0.1'
const redialMs = 200

interface Target { readonly over: Over, readonly port: number }

/** A node's connections: those it takes, and those it keeps up. Whatever carries bytes both ways is wired the same. */
export class Wiring {
  readonly #model: Model
  readonly #certificate: Certificate
  readonly #targets = new Map<string, Target>()
  #server: Server | undefined
  #isClosed = false
  links = 0
  bytesIn = 0
  bytesOut = 0

  constructor (model: Model, certificate: Certificate) {
    this.#model = model
    this.#certificate = certificate
  }

  /** Wires one connection. If any part of it ends or fails, pump takes all of it down. */
  attach (connection: Duplex, onClose: () => void): void {
    const stream = this.#model.createStream()
    stream.on('hello', () => {
      this.links++
      stream.on('close', () => { this.links-- })
    })
    const counted = { in: tap(bytes => { this.bytesIn += bytes }), out: tap(bytes => { this.bytesOut += bytes }) }
    pump(connection, counted.in, stream, counted.out, connection, onClose)
  }

  /** Standard input and output are two streams; a connection is one. */
  attachStdio (onClose: () => void): void {
    this.attach(duplexify(process.stdout, process.stdin, { autoDestroy: true, emitClose: true }), onClose)
  }

  /** Takes connections at a port that the system draws, and calls back with it. */
  listen (over: Over, onPort: (port: number) => void): void {
    const take = (socket: Socket): void => { this.attach(socket, () => {}) }
    const server = over === 'tls' ? createTlsServer({ ...this.#certificate }, take) : createTcpServer(take)
    server.listen(0, host, () => { onPort((server.address() as AddressInfo).port) })
    this.#server = server
  }

  /** Keeps a connection to a peer up, and moves on if the peer has moved. */
  dial (peer: string, target: Target): void {
    const isNew = !this.#targets.has(peer)
    this.#targets.set(peer, target)
    if (isNew) this.#dial(peer)
  }

  hangUp (peer: string): void { this.#targets.delete(peer) }

  #dial (peer: string): void {
    const target = this.#targets.get(peer)
    if (target === undefined || this.#isClosed) return
    const { over, port } = target
    const socket = over === 'tls'
      ? connectTls({ host, port, ca: this.#certificate.cert, servername: 'localhost' })
      : connectTcp(port, host)
    this.attach(socket, () => { setTimeout(() => { this.#dial(peer) }, redialMs) })
  }

  close (): void {
    this.#isClosed = true
    this.#server?.close()
  }
}
