import { assert } from '../ground/assert.js'
import { TendrilError } from '../ground/errors.js'
import { badFrame } from './bad-frame.js'
import { decodeHello, encodeHello, maxHelloBytes, parseObject } from './hello.js'
import type { Hello } from './hello.js'
import { PendingBytes } from './pending.js'
import { isProof, prove } from './proof.js'
import type { Role, Transcript } from './proof.js'

const openingBrace = 0x7b
const newline = Buffer.from('\n')
const maxProofBytes = 256

/** A completed handshake: who is there, and the bytes that already came behind it. */
export interface Met {
  readonly hello: Hello
  readonly rest: Uint8Array
}

/**
 * The beginning of a connection, as an object without I/O or timers: `outgoing` gives what to send, `push` takes what
 * came, until it returns the peer's hello.
 *
 * Where there is a secret, each end proves it after the other's hello and before anything else. What an end says before
 * that is only believed as far as to refuse it.
 */
export class Handshake {
  readonly #local: Hello
  readonly #localLine: Buffer
  readonly #secret: Uint8Array | undefined
  readonly #exporter: () => Uint8Array | undefined
  readonly #outgoing: Buffer[] = []
  readonly #pending = new PendingBytes()
  #peer: Hello | undefined
  /** The proof that the peer owes, once its hello came. */
  #expected: Buffer | undefined
  #failure: TendrilError | undefined

  /**
   * `local.auth` tells whether there is a `secret`. `exporter` gives TLS's keying material for this connection; it is
   * called at most once, and only if both hellos say `binding`.
   * @throws RangeError with code INVALID_ARGUMENT if the local hello is longer than a peer would accept
   */
  constructor (local: Hello, secret: Uint8Array | undefined, exporter: () => Uint8Array | undefined) {
    assert(local.auth === (secret !== undefined), 'a hello says whether there is a secret')
    this.#local = local
    this.#localLine = encodeHello(local)
    this.#secret = secret
    this.#exporter = exporter
    this.#send(this.#localLine)
  }

  /** The peer's hello, as soon as it came and was not refused: with a secret, it may still be anyone's. */
  get peer (): Hello | undefined {
    return this.#peer
  }

  /** The next bytes to send: the hello at once, the proof when the peer's hello came. Also worth sending after a failure. */
  outgoing (): Buffer | undefined {
    return this.#outgoing.shift()
  }

  /**
   * Takes bytes of the peer. Undefined until the handshake is complete; then not to be called again.
   * @throws TendrilError with code BAD_FRAME, VERSION_UNSUPPORTED, CLUSTER_MISMATCH, SELF_CONNECTION, DUPLICATE_ID or
   * AUTH_FAILED; the same ever after
   */
  push (chunk: Uint8Array): Met | undefined {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#pending.append(chunk)
      this.#peer ??= this.#takeHello()
      return this.#peer && this.#complete(this.#peer)
    } catch (error) {
      this.#failure = error instanceof TendrilError ? error : badFrame('a hello that cannot be read', error)
      throw this.#failure
    }
  }

  #takeHello (): Hello | undefined {
    // An HTTP request, or TLS where none is expected, is refused at its first byte instead of after a timeout.
    const { first } = this.#pending
    if (first !== undefined && first !== openingBrace) throw badFrame('something other than a hello')
    const line = this.#pending.takeLine(maxHelloBytes, 'BAD_FRAME')
    if (line === undefined) return undefined
    const peer = decodeHello(line)
    checkPeer(this.#local, peer)
    if (this.#secret !== undefined) this.#exchangeProofs(this.#secret, peer, Buffer.from(line))
    return peer
  }

  #exchangeProofs (secret: Uint8Array, peer: Hello, peerLine: Buffer): void {
    const isFirst = this.#local.nonce > peer.nonce
    const mine: Role = isFirst ? 'first' : 'second'
    const theirs: Role = isFirst ? 'second' : 'first'
    const transcript: Transcript = {
      first: isFirst ? this.#localLine : peerLine,
      second: isFirst ? peerLine : this.#localLine,
      exporter: this.#bind(peer)
    }
    this.#expected = prove(secret, theirs, transcript)
    this.#send(Buffer.from(JSON.stringify({ proof: prove(secret, mine, transcript).toString('base64') })))
  }

  #bind (peer: Hello): Uint8Array | undefined {
    if (!this.#local.binding || !peer.binding) return undefined
    const exported = this.#exporter()
    if (exported === undefined || exported.length === 0) {
      throw new TendrilError('AUTH_FAILED', 'The TLS connection gives nothing to bind the proof to')
    }
    return exported
  }

  #complete (peer: Hello): Met | undefined {
    if (this.#expected !== undefined && !this.#takeProof(this.#expected)) return undefined
    // Only now: a stranger who borrows our id must not look like a namesake.
    if (peer.id === this.#local.id) throw new TendrilError('DUPLICATE_ID', `another node calls itself '${peer.id}'`)
    return { hello: peer, rest: this.#pending.takeAll() }
  }

  #takeProof (expected: Buffer): boolean {
    const { first } = this.#pending
    if (first !== undefined && first !== openingBrace) throw unproved()
    const line = this.#pending.takeLine(maxProofBytes, 'AUTH_FAILED')
    if (line === undefined) return false
    if (!isProof(expected, proofOf(line))) throw unproved()
    return true
  }

  #send (line: Buffer): void {
    this.#outgoing.push(Buffer.concat([line, newline]))
  }
}

function checkPeer (local: Hello, peer: Hello): void {
  if (peer.cluster !== local.cluster) {
    throw new TendrilError('CLUSTER_MISMATCH', `The peer belongs to cluster '${peer.cluster}', not '${local.cluster}'`)
  }
  if (peer.instance === local.instance || peer.nonce === local.nonce) {
    throw new TendrilError('SELF_CONNECTION', 'This connection leads back to where it came from')
  }
  if (peer.auth !== local.auth) {
    throw new TendrilError('AUTH_FAILED', local.auth ? 'The peer has no secret' : 'The peer wants a secret proved')
  }
}

function proofOf (line: Buffer): unknown {
  try {
    return parseObject(line)['proof']
  } catch (cause) {
    throw unproved(cause)
  }
}

function unproved (cause?: unknown): TendrilError {
  return new TendrilError('AUTH_FAILED', 'The peer did not prove the secret', { cause })
}
