/** How far one member is with a term. */
export interface Progress {
  /** PREPARE: the page that was asked for, and whether all pages have come. */
  cursor: number
  isAsked: boolean
  hasPromised: boolean
  /** ACCEPT: acknowledged up to here, and sent up to here. */
  closed: number
  sent: number
  /** The last round it answered, and the last that was sent to it. */
  round: number
  roundSent: number
  /** What it was told of commits and purges. */
  commitSent: number
  floorSent: number
  /** Messages that it has not answered. */
  outstanding: number
  /** News of commits are to go out although there is nothing else to say. */
  isAnnounced: boolean
  /** Since when it owes an answer, on the monotonic clock, and how often it was asked again since. */
  since: number
  attempts: number
}

export function beginning (): Progress {
  return {
    cursor: 0,
    isAsked: false,
    hasPromised: false,
    closed: 0,
    sent: 0,
    round: 0,
    roundSent: 0,
    commitSent: 0,
    floorSent: 0,
    outstanding: 0,
    isAnnounced: false,
    since: 0,
    attempts: 0
  }
}
