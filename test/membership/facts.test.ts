import test from 'tape'
import { codeOf } from '../support/failures.js'
import { ids, journal, Village } from '../support/village.js'

// What each member says of itself, and who says what.

test('alone: self, get, all, alive, dead, facts', async t => {
  const village = new Village()
  const a = village.member('a', { address: 'tcp://10.0.0.1:8000', facts: { role: 'db', zero: 0, no: false, nothing: null } })
  const { self } = a
  t.equal(a.id, 'a')
  t.equal(self.id, 'a')
  t.equal(self.status, 'alive')
  t.equal(self.address, 'tcp://10.0.0.1:8000')
  t.equal(self.generation, village.clock.wall(), 'a generation is the time of birth')
  t.deepEqual([...self.facts].sort(), [['no', false], ['nothing', null], ['role', 'db'], ['zero', 0]])
  t.deepEqual(a.get('a'), self)
  t.deepEqual(a.all(), [self])
  t.deepEqual(a.alive(), [self])
  t.deepEqual(a.dead(), [])
  t.equal(a.fact('a', 'zero'), 0)
  t.equal(a.fact('a', 'nothing'), null)
  t.equal(a.fact('a', 'else'), undefined)
  t.deepEqual(ids(a.find('nothing')), ['a'], 'what is null is said all the same')
  t.notOk('address' in village.member('b').self, 'no address is none')
  await village.close()
})

test('facts are where they are said, and everywhere else', async t => {
  const village = new Village()
  const [a, b, c] = [
    village.member('a', { address: 'tcp://10.0.0.1:8000', facts: { role: 'db' } }),
    village.member('b'),
    village.member('c', { facts: { role: 'web', load: 0.5 } })
  ]
  await village.chain(a, b, c)
  for (const member of [a, b, c]) {
    t.deepEqual(ids(member.all()), ['a', 'b', 'c'])
    t.deepEqual(ids(member.alive()), ['a', 'b', 'c'])
    t.equal(member.get('a')?.address, 'tcp://10.0.0.1:8000')
    t.equal(member.get('b')?.address, undefined)
    t.equal(member.fact('c', 'load'), 0.5)
    t.equal(member.facts('c')?.get('role'), 'web')
    t.equal(member.facts('c')?.size, 2)
    t.deepEqual(ids(member.find('role')), ['a', 'c'])
    t.deepEqual(ids(member.find('role', 'db')), ['a'])
    t.deepEqual(ids(member.find('role', 'x')), [])
    t.deepEqual(ids(member.find('Role')), [])
  }
  t.equal(a.get('c')?.generation, c.self.generation)
  await village.close()
})

test('find compares bytes and nested values by what they hold', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  await village.chain(a, b)
  const values = [Uint8Array.of(1, 2), { list: [1, { deep: Uint8Array.of(3) }], other: null }, 2n ** 63n, 7n, 0.5, '', [], {}, false, [[]]]
  for (const [i, value] of values.entries()) b.set(`k${i}`, value)
  await village.until(() => b.self.facts.size === a.facts('b')?.size)
  for (const [i, value] of values.entries()) t.deepEqual(ids(a.find(`k${i}`, value)), ['b'], `k${i}`)
  t.deepEqual(ids(a.find('k1', { other: null, list: [1, { deep: Uint8Array.of(3) }] })), ['b'], 'in any order of keys')
  for (const [i, value] of [[0, Uint8Array.of(1, 3)], [0, [1, 2]], [1, { list: [1] }], [3, 7], [5, null], [6, {}], [8, 0]] as const) {
    t.deepEqual(ids(a.find(`k${i}`, value)), [], `k${i} is not ${JSON.stringify(value)}`)
  }
  await village.close()
})

test('nobody changes a state through what was handed out', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b', { facts: { bytes: Uint8Array.of(1), nested: { list: [Uint8Array.of(2)] } } })]
  let told: unknown
  a.on('update', (member, _key, value) => { told = [member, value] })
  await village.chain(a, b)
  b.set('late', Uint8Array.of(3))
  await village.until(() => told !== undefined)
  const spoil = (facts: ReadonlyMap<string, unknown> | undefined): void => {
    (facts?.get('bytes') as Uint8Array)[0] = 9
    ;((facts?.get('nested') as { list: [Uint8Array] }).list[0])[0] = 9
    const map = facts as Map<string, unknown>
    map.set('new', 1)
    map.delete('bytes')
  }
  for (const member of [a, b]) {
    spoil(member.facts('b'))
    spoil(member.get('b')?.facts)
    spoil(member.all().find(({ id }) => id === 'b')?.facts)
    spoil(member.find('bytes')[0]?.facts)
    t.throws(() => { (member.get('b') as { status: string }).status = 'dead' }, TypeError)
  }
  ;((told as [unknown, Uint8Array])[1])[0] = 9
  ;(a.fact('b', 'bytes') as Uint8Array)[0] = 9
  for (const member of [a, b]) {
    t.deepEqual(member.fact('b', 'bytes'), Uint8Array.of(1))
    t.deepEqual(member.fact('b', 'nested'), { list: [Uint8Array.of(2)] })
    t.deepEqual(member.fact('b', 'late'), Uint8Array.of(3))
    t.deepEqual([...member.facts('b')?.keys() ?? []].sort(), ['bytes', 'late', 'nested'])
  }
  const own = { list: [1] }
  b.set('mine', own)
  own.list.push(2)
  t.deepEqual(b.fact('b', 'mine'), { list: [1] }, 'what was given in is a copy')
  await village.close()
})

test('what was handed out stands still: a member is as it was then', async t => {
  const village = new Village()
  const a = village.member('a', { facts: { k: 1 } })
  const { self } = a
  a.set('k', 2)
  t.equal(self.facts.get('k'), 1)
  t.equal(a.self.facts.get('k'), 2)
  await village.close()
})

test('a member as JSON', async t => {
  const village = new Village()
  const a = village.member('a', { address: 'tcp://a', facts: { role: 'db', bytes: Uint8Array.of(1, 2, 3), big: { of: [2n ** 63n] }, $set: null, ['__proto__']: 1 } })
  const json = JSON.parse(JSON.stringify(a.all())) as unknown
  const facts = { role: 'db', bytes: { $bytes: 'AQID' }, big: { of: [{ $bigint: '9223372036854775808' }] }, $set: null }
  Object.defineProperty(facts, '__proto__', { value: 1, enumerable: true })
  t.deepEqual(json, [{ id: 'a', status: 'alive', generation: a.self.generation, address: 'tcp://a', facts }])
  t.deepEqual(Object.keys(a.self).sort(), ['address', 'facts', 'generation', 'id', 'status'], 'toJSON is none of its fields')
  t.notOk('address' in village.member('b').self.toJSON())
  await village.close()
})

test('versions, and compare-and-set', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  await village.chain(a, b)
  t.equal(a.version('k'), 0)
  const first = a.set('k', 1, { ifVersion: 0 })
  t.equal(a.version('k'), first)
  t.ok(Number.isSafeInteger(first) && first > 0)
  t.equal(await codeOf(() => a.set('k', 2, { ifVersion: 0 })), 'VERSION_CONFLICT', '0: only if absent')
  t.equal(a.fact('a', 'k'), 1, 'a conflict changes nothing')
  const second = a.set('k', 2, { ifVersion: first })
  t.ok(second > first, 'versions grow')
  t.equal(await codeOf(() => a.set('k', 3, { ifVersion: first })), 'VERSION_CONFLICT')
  t.equal(await codeOf(() => a.delete('k', { ifVersion: first })), 'VERSION_CONFLICT')
  t.equal(a.set('k', 2), second, 'an equal value is no change')
  t.equal(a.set('k', 2, { ifVersion: second }), second)
  a.set('other', 1)
  t.ok(a.set('k', 3, { ifVersion: second }) > second, "another fact's change is no conflict")
  const third = a.set('k', 4)
  t.equal(a.version('k'), third)
  t.equal(a.delete('k', { ifVersion: third }), true)
  t.equal(a.version('k'), 0, 'none again')
  t.equal(a.delete('k'), false, 'there was none')
  t.equal(a.delete('k', { ifVersion: 0 }), false)
  t.equal(await codeOf(() => a.delete('k', { ifVersion: third })), 'VERSION_CONFLICT')
  t.equal(await codeOf(() => a.set('k', 5, { ifVersion: third })), 'VERSION_CONFLICT')
  const again = a.set('k', 5, { ifVersion: 0 })
  t.ok(again > third, 'after a delete as well')
  t.equal(b.set('k', 1, { ifVersion: 0 }) > 0, true, "another member's facts are its own")
  await village.until(() => b.fact('a', 'k') === 5 && a.fact('b', 'k') === 1)
  await village.close()
})

test('changes are told, here and everywhere', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  await village.chain(a, b, c)
  const journals = [a, b, c].map(journal)
  a.set('k', 1)
  t.deepEqual(journals[0], ['update a k 1'], 'own changes at once')
  await village.until(() => c.fact('a', 'k') === 1)
  a.set('k', 1)
  a.set('k', { n: 2 })
  await village.until(() => c.find('k', { n: 2 }).length === 1)
  t.equal(a.delete('k'), true)
  await village.until(() => c.fact('a', 'k') === undefined)
  await village.pass(500)
  for (const lines of journals) t.deepEqual(lines, ['update a k 1', 'update a k {"n":2}', 'delete a k'])
  await village.close()
})

test('the member that an event brings has the change in it', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  await village.chain(a, b)
  const seen: unknown[] = []
  for (const member of [a, b]) {
    member.on('update', ({ id, facts }, key, value) => { seen.push([id, facts.get(key) === value]) })
    member.on('delete', ({ id, facts }, key) => { seen.push([id, facts.has(key)]) })
  }
  a.set('k', 1)
  await village.until(() => b.fact('a', 'k') === 1)
  a.delete('k')
  await village.until(() => b.fact('a', 'k') === undefined)
  t.deepEqual(seen, [['a', true], ['a', true], ['a', false], ['a', false]])
  await village.close()
})

test('a fact with a ttl expires everywhere, each node says so once, and it never comes back', async t => {
  const village = new Village()
  const [a, b, c] = [village.member('a'), village.member('b'), village.member('c')]
  await village.chain(a, b, c)
  const journals = [a, b, c].map(journal)
  const version = a.set('lease', { mine: true }, { ttl: 1_000 })
  await village.until(() => c.fact('a', 'lease') !== undefined)
  await village.pass(900)
  t.equal(journals.flat().filter(line => line.startsWith('expire')).length, 0, 'not before')
  await village.pass(2_000)
  for (const [i, member] of [a, b, c].entries()) {
    t.equal(member.fact('a', 'lease'), undefined)
    t.deepEqual(journals[i], ['update a lease {"mine":true}', 'expire a lease {"mine":true}'])
  }
  const late = village.member('late')
  village.link(c, late)
  await village.until(() => ids(late.alive()).length === 4)
  t.equal(late.fact('a', 'lease'), undefined)
  t.equal(await codeOf(() => a.set('lease', 1, { ifVersion: version })), 'VERSION_CONFLICT', 'the lease is lost')
  t.ok(a.set('lease', 1, { ifVersion: 0 }) > version, 'and can be taken again')
  await village.close()
})

test('a lease is extended by setting it again, and made permanent without a ttl', async t => {
  const village = new Village()
  const [a, b] = [village.member('a'), village.member('b')]
  await village.chain(a, b)
  for (let i = 0; i < 5; i++) {
    a.set('lease', 1, { ttl: 1_000 })
    await village.pass(700)
    t.equal(b.fact('a', 'lease'), 1)
  }
  a.set('lease', 1)
  await village.pass(3_000)
  t.equal(b.fact('a', 'lease'), 1)
  await village.close()
})

test('ids, keys and values of all kinds', async t => {
  const village = new Village()
  const names = ['__proto__', 'ü@x', '5:af', 'a b', '@', 'x'.repeat(64), 'ü'.repeat(32), '0', '😀'.repeat(16)]
  const all = names.map(name => village.member(name, { maxKeyBytes: 32, facts: { [name.slice(0, 10)]: name, constructor: 1 } }))
  await village.chain(...all)
  for (const member of all) {
    t.deepEqual(ids(member.alive()), [...names].sort())
    for (const name of names) t.equal(member.fact(name, name.slice(0, 10)), name)
    t.equal(member.find('constructor').length, names.length)
  }
  await village.close()
})

test('limits on keys and values are for the facts of users alone', async t => {
  const village = new Village()
  const limits = { maxKeyBytes: 1, maxValueBytes: 4, maxFrameBytes: 2_250 }
  const [a, b, c] = ['a', 'b', 'c'].map(id => village.member(id.repeat(64), { ...limits, address: `tcp://${'x'.repeat(1_000)}` })) as [ReturnType<Village['member']>, ReturnType<Village['member']>, ReturnType<Village['member']>]
  await village.chain(a, b, c)
  a.set('k', 'abc')
  await village.until(() => c.fact(a.id, 'k') === 'abc')
  const { generation } = a.self
  c.fail(a.id)
  await village.until(() => (c.get(a.id)?.generation ?? 0) > generation && c.alive().length === 3)
  t.equal(c.fact(a.id, 'k'), 'abc')
  await village.close()
})
