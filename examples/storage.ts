/** State that survives the process, in any abstract-level database; here classic-level, which is LevelDB. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { Model } from 'tendril'

const path = await mkdtemp(join(tmpdir(), 'tendril-'))

async function run (use: (model: Model) => void): Promise<void> {
  const storage = new ClassicLevel(path)
  // The id is drawn at the first start and kept with the rest.
  const model = new Model({ storage })
  await model.ready()
  use(model)
  await model.close()
  // The database is yours: closing the model leaves it open.
  await storage.close()
}

let id = ''
await run(model => {
  id = model.id
  model.set('visits', 1)
  model.set('colour', 'green')
  model.delete('colour')
})
await run(model => {
  console.log('after a restart:', JSON.stringify(model), 'under the same id:', model.id === id)
  console.log('the next write is version', model.set('visits', 2).version)
})
await rm(path, { recursive: true })
