import { StringDecoder } from 'node:string_decoder'
import { createByHand } from './by-hand.js'

export function create () {
  return createByHand(batch => JSON.stringify(batch) + '\n', onBatch => {
    const decoder = new StringDecoder()
    let rest = ''
    return chunk => {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop()
      for (const line of lines) onBatch(JSON.parse(line))
    }
  })
}
