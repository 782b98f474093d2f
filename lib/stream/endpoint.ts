import type { ErrorCode } from '../ground/errors.js'
import type { Link, Message, Peer, Traffic } from '../core.js'

/** What a connection needs of a structure: a channel's end. The host is one; the connection knows no more of it. */
export interface Endpoint {
  readonly name: string
  readonly kind: string
  /** The node that the structure belongs to; known once it is ready. */
  readonly id: string
  /** Drawn when the structure's state was born. */
  readonly epoch: string
  /** Calls back once the structure may be replicated; with an error if it never will be. */
  whenReady: (callback: (error: Error | undefined) => void) => void
  /** Calls back once there is room for more from peers; at once if there is. */
  whenRoomy: (callback: () => void) => void
  /** `wake` is called when there is something to pull again. */
  open: (peer: Peer, wake: () => void) => Link
  /** @throws TendrilError when the message is refused; then nothing was changed */
  receive: (link: Link, message: Message) => void
  /** Bytes of any kind came over the link's connection. */
  heard?: (link: Link) => void
  /** The other end refused this node, in a goodbye. */
  refused?: (link: Link, code: ErrorCode) => void
  /** Another node under the same id was met, where the structure has this epoch. Whether it is that one that is to stop. */
  namesake?: (epoch: string) => boolean
  pull: (link: Link, maxBytes: number) => Message | undefined
  close: (link: Link) => void
  isSynced: (link: Link, hasLeft: boolean) => boolean
  traffic: (link: Link) => Traffic
}
