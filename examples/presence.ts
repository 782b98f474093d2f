/** Who is here: members that join, say something of themselves, leave, or are lost. */
import { once } from 'node:events'
import { Membership } from 'tendril'

const times = { heartbeatMs: 100, suspectMs: 200 } // for an example that is over soon: the defaults are 1,000 and 2,400
const hall = new Membership({ id: 'hall', ...times })
const enter = (id: string): Membership => {
  const guest = new Membership({ id, ...times, facts: { mood: 'curious' } })
  guest.on('error', error => { console.log(id, 'has to stop:', error.message) }) // its id is another one's, or was put out
  const stream = hall.createStream()
  stream.pipe(guest.createStream()).pipe(stream)
  return guest
}
hall.on('error', error => { console.log('hall has to stop:', error.message) })
hall.on('join', ({ id, facts }) => { console.log(id, 'came, and is', facts.get('mood')) })
hall.on('update', ({ id }, _key, value) => { console.log(id, 'is', value) })
hall.on('leave', ({ id }) => { console.log(id, 'left') })
hall.on('suspect', ({ id }) => { console.log(id, 'may be lost') })
hall.on('dead', ({ id }) => { console.log(id, 'is lost') })

// A waiting timer alone keeps no process alive.
const alive = setInterval(() => {}, 1000)
const ada = enter('ada')
await once(hall, 'join')
const bob = enter('bob')
await once(bob, 'join') // of those whom he finds here
ada.set('mood', 'happy')
await once(hall, 'update')

await ada.leave()
await ada.close()
const lost = once(hall, 'dead')
await bob.close() // without a goodbye
await lost
console.log('here now:', hall.alive().map(({ id }) => id).join(', '))
await hall.close()
clearInterval(alive)
