import type { Random } from './random.js'

/** How often users and nemesis do what, relative to each other; 0: never. */
export interface QuorumFaults {
  readonly call: number
  readonly burst: number
  readonly abandon: number
  /** Connections end, or are refused for a while. */
  readonly cut: number
  readonly hold: number
  /** One of two is not heard by the other. */
  readonly mute: number
  /** A line delivers late, or a message now and then. */
  readonly delay: number
  readonly drip: number
  readonly pause: number
  /** A wall clock is set to another day. */
  readonly jump: number
  readonly kill: number
  readonly power: number
  readonly blackout: number
  /** A process dies after its next write, before it says anything. */
  readonly die: number
  /** A disk refuses a write, or reads wrongly when its node starts. */
  readonly fail: number
  readonly rot: number
  /** A member's disk is lost, set back to an earlier copy, or had only said that its last writes were safe. */
  readonly wipe: number
  readonly setBack: number
  readonly lie: number
  /** The same, or a loss of power, while those who know what was lost can't be reached. */
  readonly usurp: number
  readonly grow: number
  readonly shrink: number
  readonly replace: number
  /** The next configurations reach some members late. */
  readonly strand: number
}

const usual: QuorumFaults = {
  call: 60,
  burst: 6,
  abandon: 2,
  cut: 5,
  hold: 4,
  mute: 4,
  delay: 3,
  drip: 3,
  pause: 4,
  jump: 1,
  kill: 4,
  power: 2,
  blackout: 1,
  die: 3,
  fail: 1,
  rot: 1,
  wipe: 1,
  setBack: 1,
  lie: 1,
  usurp: 1,
  grow: 0,
  shrink: 0,
  replace: 0,
  strand: 0
}

const changing: Partial<QuorumFaults> = { grow: 4, shrink: 3, replace: 3, strand: 2 }

const sometimes = ['cut', 'hold', 'mute', 'delay', 'drip', 'pause', 'jump', 'kill', 'power', 'blackout', 'die', 'fail', 'rot', 'burst', 'usurp', 'grow', 'shrink', 'replace', 'strand'] as const

export type UserAction = 'call' | 'burst' | 'abandon' | 'grow' | 'shrink' | 'replace'

/** Each run does without some of the faults: what all of them together would hide, some alone may show. */
export function drawQuorumFaults (random: Random, isChanging: boolean, wanted: Partial<QuorumFaults> = {}): QuorumFaults {
  const faults = { ...usual, ...isChanging ? changing : {} }
  for (const fault of sometimes) if (random.chance(0.4)) faults[fault] = 0
  // A loss is for good: most runs keep their disks.
  if (random.chance(0.6)) faults.wipe = faults.setBack = faults.lie = faults.usurp = 0
  return { ...faults, ...wanted }
}
