import test from 'tape'
import { Model } from '../../lib/index.js'
import { encodeFrame } from '../../lib/wire/codec.js'
import { closeAll, closing, convergence, join, meet, part } from '../support/pairs.js'
import { once, turns, until } from '../support/waiting.js'

// Meeting again with nothing new costs two frames each way and no walk, however many keys or sources there are.

function withKeys (id: string, keys: number): Model {
  const model = new Model({ id })
  for (let i = 0; i < keys; i++) model.set(`key ${i}`, i)
  return model
}

/** A model that holds one key of each of so many sources, fed by a peer that made them up. */
async function withSources (id: string, sources: number): Promise<Model> {
  const model = new Model({ id })
  const stream = model.createStream()
  stream.resume()
  const token = 'feeder-feeder-feeder-fee'
  const channels = [{ name: 'model', kind: 'model', epoch: 'feeder00' }]
  stream.write(`${JSON.stringify({ tendril: 1, id: 'feeder', codec: 'msgpack', instance: token, nonce: token, channels })}\n`)
  const base = (Date.now() - Date.UTC(2020, 0, 1)) * 4096
  const atOnce = 100
  for (let i = 0; i < sources; i += atOnce) {
    const names = Array.from({ length: atOnce }, (_, k) => `node-${i + k}@0mwq${(i + k).toString(36)}`)
    stream.write(encodeFrame('msgpack', [1, 5, i + atOnce, names, base, names.map((_, k) => [`key ${i + k}`, k, 1, 0, i + k])]))
    stream.write(encodeFrame('msgpack', [1, 6, i + atOnce, i + atOnce, i + atOnce >= sources, names.flatMap(name => [name, 1])]))
  }
  await until(() => model.size === sources, [model])
  stream.end(encodeFrame('msgpack', [0, 2, null, '']))
  await closing(stream)
  if (model.stats().sources < sources) throw new Error('sources were not taken in')
  return model
}

/** Meets again, and says what that cost: bytes each way, and the CPU's time of both ends in microseconds. */
async function again (a: Model, b: Model): Promise<{ bytes: number[], frames: number[], cpu: number }> {
  await turns(20)
  const start = process.cpuUsage()
  const { a: one, b: two } = await meet(a, b)
  await turns()
  const { user, system } = process.cpuUsage(start)
  const stats = [one.stats(), two.stats()]
  const entries = stats.reduce((sum, { entriesOut }) => sum + entriesOut, 0)
  if (entries > 0) throw new Error(`${entries} entries were sent again`)
  await part({ a: one, b: two })
  return { bytes: stats.map(({ bytesOut }) => bytesOut), frames: stats.map(({ framesOut }) => framesOut), cpu: user + system }
}

/**
 * What meeting again costs one pair, and another as a control, in turn: what else the machine does burdens both. The least
 * counts, for it can only be too much. Few rounds mostly do; it takes many to say that the one costs more.
 */
async function cheapest (pair: [Model, Model], control: [Model, Model], isFine: (cost: number, costOfControl: number) => boolean): Promise<[number, number]> {
  let [cost, costOfControl] = [Infinity, Infinity]
  for (let round = 1; round <= 400; round++) {
    cost = Math.min(cost, (await again(...pair)).cpu)
    // Only at first: a control that went on would get ever cheaper by chance as well.
    if (round <= 40) costOfControl = Math.min(costOfControl, (await again(...control)).cpu)
    if (round >= 40 && isFine(cost, costOfControl)) break
  }
  return [cost, costOfControl]
}

const kinds = {
  keys: async (id: string, count: number) => withKeys(id, count),
  sources: withSources
}

for (const [what, make] of Object.entries(kinds)) {
  test(`nothing new, at 100,000 ${what}`, async t => {
    const [many, few] = [await make('node-with-a-name', 100_000), await make('node-with-few', 100)]
    const [peerOfMany, peerOfFew] = [new Model({ id: 'another-node' }), new Model({ id: 'one-more' })]
    await part(await meet(many, peerOfMany))
    await part(await meet(few, peerOfFew))
    await convergence(many, peerOfMany)
    t.equal(peerOfMany.size, 100_000)
    await again(many, peerOfMany)
    const { bytes, frames } = await again(many, peerOfMany)
    t.ok(bytes.every(count => count <= 300), `${bytes.join(' and ')} bytes, the hello included, in ${frames.join(' and ')} frames`)
    const isFine = (cost: number, costOfControl: number): boolean => cost <= 3 * costOfControl + 500
    const [costOfMany, costOfFew] = await cheapest([many, peerOfMany], [few, peerOfFew], isFine)
    t.ok(isFine(costOfMany, costOfFew), `${costOfMany} µs of CPU at both ends together; at 100, ${costOfFew} µs`)
    await closeAll(many, few, peerOfMany, peerOfFew)
  })
}

test('after a meeting only what is new since then', async t => {
  const [a, b] = [withKeys('a', 10_000), new Model({ id: 'b' })]
  await part(await meet(a, b))
  for (let i = 0; i < 5; i++) {
    a.set(`key ${i}`, 'new')
    b.set(`of b ${i}`, 'new')
  }
  const { a: one, b: two } = await meet(a, b)
  t.deepEqual([one.stats().entriesOut, two.stats().entriesOut], [5, 5])
  await convergence(a, b)
  await closeAll(a, b)
})

test('what came in a detour is not sent again', async t => {
  const [a, b, c] = [withKeys('a', 5_000), new Model({ id: 'b' }), new Model({ id: 'c' })]
  await part(await meet(a, b))
  await part(await meet(b, c))
  const { a: one, b: two } = await meet(a, c)
  t.deepEqual([one.stats().entriesOut, two.stats().entriesOut], [0, 0], 'c has it from b, and says so in its digest')
  await closeAll(a, b, c)
})

test('cut in the middle, it goes on where it was', async t => {
  const [a, b] = [withKeys('a', 100_000), new Model({ id: 'b' })]
  let received = 0
  for (const share of [0.3, 0.6, 0.9]) {
    const pair = join(a, b)
    const cut = (): void => { if (b.size >= share * 100_000) pair.b.destroy() }
    b.on('update', cut)
    await closing(pair.b)
    b.removeListener('update', cut)
    received += pair.b.stats().entriesIn
    t.ok(b.size < 100_000, `cut at ${b.size}`)
  }
  const { b: stream } = await meet(a, b)
  received += stream.stats().entriesIn
  t.equal(b.size, 100_000)
  t.ok(received < 101_000, `${received} entries came in four sessions`)
  await convergence(a, b)
  await closeAll(a, b)
})

test('the other end has lost everything: it gets everything', async t => {
  const a = withKeys('a', 1_000)
  const before = new Model({ id: 'b' })
  await part(await meet(a, before))
  await before.close()
  const b = new Model({ id: 'b' })
  const { b: stream } = join(a, b)
  await once(stream, 'sync')
  t.equal(b.size, 1_000)
  await closeAll(a, b)
})
