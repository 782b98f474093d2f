import fc from 'fast-check'
import test from 'tape'
import { PhiDetector } from '../../lib/liveness/phi.js'
import { PhiWindow } from '../../lib/liveness/phi-window.js'
import { Random } from '../../lib/sim/random.js'

// TENDRIL_SEED makes it another run.
const seed = Number(process.env['TENDRIL_SEED'] ?? 1)
const options = { heartbeatMs: 1_000, phiThreshold: 8 }

/** A detector that heard `beats` heartbeats from time 0 on, each gap drawn; and when the last one came. */
function steady (beats: number, gapMs: () => number, using = options): { phi: PhiDetector, last: number } {
  const phi = new PhiDetector(using, 0)
  let last = 0
  for (let i = 0; i < beats; i++) {
    last += gapMs()
    phi.heard(last)
  }
  return { phi, last }
}

function isAbout (actual: number, expected: number, tolerance = 1e-6): boolean {
  return Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))
}

test('a steady heartbeat that stops is noticed four heartbeats after the last one', t => {
  const random = new Random(seed)
  for (const heartbeatMs of [1_000, 100, 20, 5_000]) {
    for (const jitter of [0, 0.05, 0.2]) {
      for (const beats of [12, 100, 3_000]) {
        const gap = (): number => heartbeatMs * (1 + jitter * (2 * random.next() - 1))
        const { phi, last } = steady(beats, gap, { ...options, heartbeatMs })
        const took = (phi.silentAt - last) / heartbeatMs
        t.ok(took > 3.9 && took < 4.3, `${took.toFixed(2)} of ${heartbeatMs} ms, jitter ${jitter}, after ${beats}`)
      }
    }
  }
  t.equal(Math.round(steady(3_000, () => 1_000).phi.silentAt), 3_004_023, 'as the comment reckons')
  t.end()
})

test('the deadline is where phi meets its threshold, and there the peer is silent', t => {
  const thresholds = fc.double({ min: 1e-3, max: 500, noNaN: true })
  const gaps = fc.array(fc.double({ min: 1, max: 3_000, noNaN: true }), { maxLength: 30 })
  fc.assert(fc.property(thresholds, gaps, (phiThreshold, drawn) => {
    const phi = new PhiDetector({ ...options, phiThreshold }, 0)
    let at = 0
    for (const gap of drawn) phi.heard(at += gap)
    const { silentAt } = phi
    return isAbout(phi.phi(silentAt), phiThreshold) && !phi.isHeard(silentAt) && phi.isHeard(silentAt - 0.001)
  }), { seed, numRuns: 500 })
  t.pass('500 detectors')
  t.end()
})

// "If the failure detector suspects when phi = 1, the likelihood that it makes a mistake is about 10%; 1% with phi = 2,
// 0.1% with phi = 3" (section 1.3): phi is the negative decimal logarithm of the tail of the normal distribution.
test('phi is the logarithm of the tail', t => {
  const { phi, last } = steady(2_000, () => 1_000)
  const mean = last + 1_000 + 2_500
  const tails: Array<[number, number]> = [[-2, 0.97725], [-1, 0.84134], [0, 0.5], [1, 0.15866], [1.2816, 0.1], [2, 0.02275], [2.3263, 0.01], [3, 0.00135]]
  for (const [deviations, tail] of tails) {
    const told = 10 ** -phi.phi(mean + deviations * 100)
    t.ok(Math.abs(told - tail) < 2e-4, `${deviations} deviations: ${told.toFixed(5)}, ${tail} in the tables`)
  }
  t.end()
})

test('phi only rises, from zero on, and is finite for any silence', t => {
  const { phi, last } = steady(50, () => 1_000)
  t.ok(phi.phi(last) >= 0 && phi.phi(last) < 1e-6)
  let before = 0
  for (let silence = 0; silence < 1e15; silence = silence * 1.1 + 1) {
    const now = phi.phi(last + silence)
    if (!Number.isFinite(now) || now < before) t.fail(`${now} after ${before} at ${silence} ms`)
    before = now
  }
  t.ok(before > 1e30)
  t.end()
})

test('a newborn session is not judged by its first gaps', t => {
  const phi = new PhiDetector(options, 5_000)
  t.ok(isAbout(phi.silentAt, 5_000 + 4_806, 1e-4), `silent from its birth on: ${phi.silentAt}`)
  for (const [at, gap] of [[6_500, 'a late first'], [6_501, 'a hasty second'], [9_501, 'a long third']] as const) {
    t.ok(phi.isHeard(at), gap)
    phi.heard(at)
  }
  t.end()
})

test('a busy session that goes idle raises no alarm, and is as quick to fall silent as before', t => {
  for (const frameMs of [0, 0.01, 1, 50, 499, 501, 600, 999]) {
    const phi = new PhiDetector(options, 0)
    let at = 0
    for (let i = 0; i < 20_000; i++) phi.heard(at += frameMs)
    const young = at < 6_000
    t.ok(young || phi.silentAt - at < 4_100, 'after some seconds of frames it is no newborn any more')
    let worst = 0
    for (let i = 0; i < 100; i++) {
      worst = Math.max(worst, phi.phi(at + 1_200))
      phi.heard(at += i % 2 === 0 ? 800 : 1_200)
    }
    const took = phi.silentAt - at
    t.ok(worst < 0.1, `a frame every ${frameMs} ms, then none: phi ${worst.toExponential(1)} at most`)
    t.ok(took > 3_900 && took < 4_300, `noticed after ${took.toFixed(0)} ms`)
  }
  t.end()
})

test('bursts among heartbeats widen nothing', t => {
  const phi = new PhiDetector(options, 0)
  let at = 0
  for (let i = 0; i < 2_000; i++) phi.heard(at += i % 10 === 0 ? 1_000 : 3)
  t.ok(isAbout(phi.silentAt - at, 4_023, 1e-3), `${phi.silentAt - at} ms`)
  t.end()
})

test('whatever arrives, a verdict comes between four and seven heartbeats after the last arrival', t => {
  const gap = fc.oneof(fc.nat(10), fc.double({ min: 0, max: 3_000, noNaN: true }), fc.constantFrom(500, 1_000, 2_000, 3_900, 1e7))
  const runs = fc.array(fc.tuple(gap, fc.integer({ min: 1, max: 400 })), { maxLength: 12 })
  fc.assert(fc.property(runs, drawn => {
    const phi = new PhiDetector(options, 0)
    let at = 0
    for (const [gapMs, times] of drawn) for (let i = 0; i < times; i++) phi.heard(at += gapMs)
    const took = phi.silentAt - at
    return took > 4_000 && took < 7_000
  }), { seed, numRuns: 300 })
  t.pass('300 histories')
  t.end()
})

test('the window holds the last 1,000 gaps, and its sums do not drift', t => {
  const random = new Random(seed)
  const gaps = [750, 1_250]
  const phi = new PhiDetector(options, 0)
  let at = 0
  for (let i = 0; i < 25_000; i++) {
    const gap = i % 3_000 < 700 ? 500 + random.next() * 3_500 : 900 + random.next() * 400
    if (phi.isHeard(at + gap)) gaps.push(Math.min(Math.max(gap, 1_000), 2_000))
    phi.heard(at += gap)
    if (i % 97 !== 0 && i > 40) continue
    const held = gaps.slice(-1_000)
    const mean = held.reduce((sum, one) => sum + one, 0) / held.length
    const deviation = Math.max(100, Math.sqrt(held.reduce((sum, one) => sum + (one - mean) ** 2, 0) / held.length))
    // At phi = log10(2) the silence is the mean and the pause.
    const expected = at + mean + 2_500
    if (!isAbout(phi.phi(expected), Math.log10(2)) || !isAbout(phi.phi(expected + deviation), 0.8000, 1e-3)) {
      t.fail(`after ${i + 1} gaps: ${phi.phi(expected)}, ${phi.phi(expected + deviation)}`)
    }
  }
  t.pass('25,000 gaps')
  t.end()
})

test('a huge gap that left the window leaves nothing of itself', t => {
  const window = new PhiWindow(1_000)
  window.add(1e20)
  for (let i = 0; i < 2_000; i++) window.add(i % 2 === 0 ? 1_030 : 1_010)
  t.ok(isAbout(window.meanMs, 1_020) && isAbout(window.deviationMs, 10), `${window.meanMs}, ${window.deviationMs}`)
  t.end()
})

test('a second of many frames does not wash out what was learned', t => {
  let i = 0
  const { phi, last } = steady(600, () => i++ % 2 === 0 ? 1_000 : 2_000)
  const before = phi.silentAt - last
  for (let frame = 1; frame <= 5_000; frame++) phi.heard(last + frame / 5)
  t.ok(isAbout(phi.silentAt - (last + 1_000), before, 0.01), `${before.toFixed(0)} ms before`)
  t.end()
})

test('a gap in which the peer fell silent teaches nothing; a pause within the bounds little', t => {
  const { phi, last } = steady(20, () => 1_000)
  const before = phi.silentAt - last
  phi.heard(last + 60_000)
  t.ok(isAbout(phi.silentAt - (last + 60_000), before), 'nothing')
  phi.heard(last + 63_500)
  const after = phi.silentAt - (last + 63_500)
  t.ok(after > before && after < 5_000, `${before.toFixed(0)} ms, then ${after.toFixed(0)}`)
  t.end()
})

test('an own pause is no silence of the peer and no sample', t => {
  const { phi, last } = steady(20, () => 1_000)
  const before = phi.silentAt - last
  const phiBefore = phi.phi(last + 3_200)
  phi.forgive(last + 3_200, last + 8_200, 500)
  t.ok(phi.awaitsAnswer)
  t.equal(phi.silentAt, last + 8_700, 'an answer is due')
  t.equal(phi.phi(last + 8_200), phiBefore, 'the pause is no part of the silence')
  phi.heard(last + 8_600)
  t.notOk(phi.awaitsAnswer)
  t.ok(isAbout(phi.silentAt - (last + 8_600), before), 'the window is as it was')
  phi.forgive(last + 8_000, last + 8_600, 1_000)
  t.notOk(phi.awaitsAnswer, 'a pause that was over before the last arrival')
  phi.forgive(last + 5_000, last + 9_600, 10_000)
  t.ok(isAbout(phi.silentAt - (last + 9_600), before), 'of one that began before it, the rest; more time than was left there is not')
  t.end()
})

// An observer that merely started its gaps afresh after each pause would vouch for a crashed neighbour for ever.
test('an observer that is paused again and again notices a crash all the same', t => {
  const { phi, last } = steady(20, () => 1_000)
  const awakeMs = 300
  let awake = 0
  let at = last
  while (phi.isHeard(at + awakeMs) && awake < 100_000) {
    at += awakeMs
    awake += awakeMs
    phi.forgive(at, at + 5_000, 1_000)
    at += 5_000
  }
  t.ok(awake <= 1_300, `awake for ${awake} ms`)
  const { silentAt } = phi
  phi.forgive(silentAt + 100, silentAt + 20_000, 1_000)
  t.equal(phi.silentAt, silentAt, 'and a further pause does not revive it')
  phi.heard(silentAt + 20_001)
  t.ok(phi.isHeard(silentAt + 20_001), 'only being heard does')
  t.end()
})
