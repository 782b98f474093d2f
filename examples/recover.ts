/** The last resort: of three members two are lost for good, with their disks. What the third one has stored goes on as a cluster of its own. */
import { once } from 'node:events'
import { MemoryLevel } from 'memory-level'
import { ConsistentSet, recover } from 'tendril'

const alive = setInterval(() => {}, 1_000) // streams in memory keep no process alive, sockets do
const pipe = (one: ConsistentSet, other: ConsistentSet): void => {
  const stream = one.createStream()
  stream.pipe(other.createStream()).pipe(stream)
}

const storage = new MemoryLevel() // in earnest: on disk, new ClassicLevel('./somewhere')
const [a, b, c] = [new ConsistentSet({ id: 'a', clusterSize: 3, storage }), ...['b', 'c'].map(id => new ConsistentSet({ id, clusterSize: 3 }))] as [ConsistentSet, ConsistentSet, ConsistentSet]
pipe(a, b)
pipe(a, c)
await once(a, 'ready')
const { fence } = await a.add('ada')
await Promise.all([b.close(), c.close()])
console.log('a alone:', await a.has('ada', { timeout: 200 }).catch((error: { code: string }) => error.code))
await a.close()

// Nobody uses the storage meanwhile. What a had not seen of the others is lost.
const { id, before } = await recover({ storage, acceptLoss: true })
console.log(id, 'of', before.join(), 'goes on')
const again = new ConsistentSet({ id, storage })
await once(again, 'ready')
const fresh = new ConsistentSet({ id: 'd' })
pipe(again, fresh)
console.log('members:', (await again.grow('d')).join(), 'ada:', await fresh.has('ada'))
await again.rem('ada')
console.log('fences go on growing:', (await again.add('ada')).fence > fence)
await Promise.all([again.close(), fresh.close()])
clearInterval(alive)
