import { assert } from '../ground/assert.js'
import { PhiWindow } from './phi-window.js'

export interface PhiOptions {
  /** How long a sender may be idle before it sends a heartbeat, in milliseconds. */
  readonly heartbeatMs: number
  /** The phi from which on a peer is not heard any more; above 0. */
  readonly phiThreshold: number
  /**
   * How much longer than its heartbeat a live peer may pause now and then, in milliseconds. By default 2.5 heartbeats,
   * which makes four of the whole: on a steady heartbeat of 1 s with little jitter, phi 8 is 5.226 deviations above the
   * mean, so a peer is silent after 1,000 (mean) + 2,500 (pause) + 5.226 * 100 (deviation at its floor) = 4,023 ms.
   */
  readonly acceptablePauseMs?: number
  /**
   * The least deviation that is believed in, in milliseconds. By default a tenth of a heartbeat: 100 ms for one of 1 s.
   * A part of the heartbeat, so that a faster one is judged four heartbeats after the last arrival as well.
   */
  readonly minDeviationMs?: number
}

/**
 * Tells from the arrivals on one direct session whether its peer is still heard: a phi accrual failure detector. Times are
 * monotonic milliseconds.
 *
 * Hayashibara, Défago, Yared, Katayama, *The phi Accrual Failure Detector* (2004): phi = -log10 P(the next arrival comes
 * later than now), with gaps normally distributed as in the window of the last 1,000. Three things go beyond the paper.
 *
 * - Arrivals are not all heartbeats. Busy sessions have gaps near zero, of which a normal distribution would conclude that
 *   the first idle second is a death. A sender only promises a byte for each heartbeat's time, so what is learned is how
 *   late one comes: a gap counts as one heartbeat at least, and at most one gap is taken in half of a heartbeat's time,
 *   so that the window spans minutes in the busiest session too.
 * - Occasional pauses are what `acceptablePauseMs` is for. Counted in full, one of 3 s would also widen the deviation, and
 *   keep a peer that crashes soon after it heard for seconds more. So a gap counts as two heartbeats at most, and one in
 *   which the peer fell silent does not count at all (as in Akka). With the defaults and phi 8 a verdict thus comes
 *   between 4 and 7 heartbeats after the last arrival, whatever arrived.
 * - Own pauses are taken out: see {@link PhiDetector.forgive}.
 */
export class PhiDetector {
  readonly #heartbeatMs: number
  readonly #acceptablePauseMs: number
  readonly #minDeviationMs: number
  /** How many deviations above the mean phi meets its threshold. */
  readonly #thresholdDeviations: number
  readonly #window: PhiWindow
  #expectedMs = 0
  #deviationMs = 0
  /** The last arrival, moved on by own pauses since. */
  #since: number
  #sampledAt: number
  /** When the answer to a ping is overdue that was sent after an own pause; infinite: none is. */
  #answerBy = Infinity

  /** @param at when the session began, which counts as an arrival */
  constructor (options: PhiOptions, at: number) {
    const { heartbeatMs, phiThreshold, acceptablePauseMs = 2.5 * heartbeatMs, minDeviationMs = heartbeatMs / 10 } = options
    assert(heartbeatMs > 0 && phiThreshold > 0 && acceptablePauseMs >= 0 && minDeviationMs > 0, 'options of phi are validated')
    this.#heartbeatMs = heartbeatMs
    this.#acceptablePauseMs = acceptablePauseMs
    this.#minDeviationMs = minDeviationMs
    this.#thresholdDeviations = deviationsAt(phiThreshold)
    this.#window = new PhiWindow(heartbeatMs)
    this.#since = this.#sampledAt = at
    // Two assumed gaps, a heartbeat with a deviation of a quarter (as in Akka), so that a session is not judged by its
    // first few: a newborn one is silent after 4.8 heartbeats, and after 4.0 from the eleventh gap on.
    this.#sample(heartbeatMs * 0.75)
    this.#sample(heartbeatMs * 1.25)
  }

  /** Bytes of any kind came from the peer itself. */
  heard (at: number): void {
    if (at - this.#sampledAt >= this.#heartbeatMs / 2) {
      const gapMs = Math.min(Math.max(at - this.#since, this.#heartbeatMs), 2 * this.#heartbeatMs)
      if (!this.awaitsAnswer && this.isHeard(at)) this.#sample(gapMs)
      this.#sampledAt = at
    }
    this.#since = at
    this.#answerBy = Infinity
  }

  #sample (gapMs: number): void {
    this.#window.add(gapMs)
    this.#expectedMs = this.#window.meanMs + this.#acceptablePauseMs
    this.#deviationMs = Math.max(this.#window.deviationMs, this.#minDeviationMs)
  }

  /**
   * This node slept, or was blocked: it did not listen from `from` until `to`, and that is no silence of the peer's. The gap
   * under way is no sample, and the peer, which should be pinged, has `answerMs` to be heard again; less where less was
   * left to it before the pause. So a peer that was silent remains it, and one that crashed is not vouched for by an
   * observer that is paused again and again: only the time that this node is awake runs, and it runs out.
   *
   * To be called before {@link PhiDetector.heard} after the pause. What waited meanwhile was sent at any time of the pause
   * and does not show that the peer lives now: while {@link PhiDetector.awaitsAnswer}, only the answer should be heard.
   */
  forgive (from: number, to: number, answerMs: number): void {
    const start = Math.max(from, this.#since)
    const leftMs = this.silentAt - start
    if (to <= start || leftMs <= 0) return
    this.#since += to - start
    this.#answerBy = to + Math.min(leftMs, answerMs)
  }

  /** Whether this node woke from a pause and has not heard the peer since. */
  get awaitsAnswer (): boolean { return this.#answerBy < Infinity }

  /** Whether the peer is heard. Exactly until {@link PhiDetector.silentAt}, so that a timer set to it finds it silent. */
  isHeard (at: number): boolean {
    return at < this.silentAt
  }

  /** When the peer stops being heard if nothing more arrives: phi meets its threshold, or an answer is overdue. */
  get silentAt (): number {
    const thresholdMs = this.#expectedMs + this.#thresholdDeviations * this.#deviationMs
    return Math.min(this.#since + thresholdMs, this.#answerBy)
  }

  /**
   * How much speaks for a crash: at phi 1 one such silence in ten is a mere delay, at 2 one in a hundred, at 8 one in 10^8.
   * Finite and growing for any length of silence; own pauses are no part of it.
   */
  phi (at: number): number {
    const deviations = (at - this.#since - this.#expectedMs) / this.#deviationMs
    const odds = logOdds(deviations)
    // log10(1 + e^odds), the larger term outside of the exponential: nothing overflows and no tail becomes zero.
    return (Math.max(0, odds) + Math.log1p(Math.exp(-Math.abs(odds)))) / Math.LN10
  }
}

// The normal distribution as a logistic one, CDF(y) = 1 / (1 + e^-logOdds(y)): Bowling et al., *A logistic approximation to
// the cumulative normal distribution* (2009). Off by at most 0.00014. Far out its tail is thinner than the true one, where
// phi 8 would stand at 5.61 deviations.
const linear = 1.5976
const cubic = 0.07056

function logOdds (deviations: number): number {
  return deviations * (linear + cubic * deviations ** 2)
}

/** The inverse: where `phi` is met. The cubic has one real root, as it only rises. */
function deviationsAt (phi: number): number {
  const exponent = phi * Math.LN10
  const odds = exponent + Math.log(-Math.expm1(-exponent))
  const scale = Math.sqrt(linear / (3 * cubic))
  return 2 * scale * Math.sinh(Math.asinh(1.5 * odds / (linear * scale)) / 3)
}
