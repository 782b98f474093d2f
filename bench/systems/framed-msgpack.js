import { Packr } from 'msgpackr'
import { frame, frameReader } from '../harness/framing.js'
import { createByHand } from './by-hand.js'

const packr = new Packr({ useRecords: false })

export function create () {
  return createByHand(batch => frame(packr.pack(batch)), onBatch => frameReader(body => { onBatch(packr.unpack(body)) }))
}
