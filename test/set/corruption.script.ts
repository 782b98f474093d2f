import { ClassicLevel } from 'classic-level'
import { ConsistentSet } from '../../lib/index.js'
import { code } from '../support/failures.js'
import { within } from '../support/waiting.js'
import { elements } from './corruption.js'

// Opens the directories that it is given, one after the other, and says of each what a node makes of it. LevelDB may abort the process.

async function open (dir: string): Promise<string> {
  const db = new ClassicLevel(dir)
  const set = new ConsistentSet({ id: 'a', clusterSize: 1, storage: db })
  set.on('error', () => {})
  try {
    await within(set.ready(), 'ready')
    const there = await within(Promise.all(elements.map(element => set.has(element))), 'has')
    const kept = there.includes(false) ? there.indexOf(false) : elements.length
    if (there.lastIndexOf(true) >= kept || set.size !== kept || [...set].some(element => !there[elements.indexOf(element)])) return 'wrong'
    return kept === elements.length ? 'whole' : 'cut'
  } catch (error) {
    return code(error)
  } finally {
    await set.close()
    await db.close()
  }
}

for (const dir of process.argv.slice(2)) console.log(await open(dir))
