import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { once } from './waiting.js'

/** A line between two processes that can be cut: it passes connections on to a port, or ends them and lets none through. */
export class CuttingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: number
  #isCut = false

  private constructor (target: number) {
    this.#target = target
    this.#server = createServer(socket => { this.#pass(socket) })
  }

  static async to (target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port (): number { return (this.#server.address() as AddressInfo).port }

  /** The process behind it began anew, on another port. */
  turn (target: number): void { this.#target = target }

  #pass (near: Socket): void {
    if (this.#isCut) { near.destroy(); return }
    const far = connect(this.#target, '127.0.0.1')
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => { other.destroy() }).on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }

  cut (): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend (): void { this.#isCut = false }

  async close (): Promise<void> {
    this.cut()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}
