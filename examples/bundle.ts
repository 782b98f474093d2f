/** Several structures on one connection. Channels pair by name; one that the other end lacks stays idle. */
import { bundle, Model } from 'tendril'

const here = { users: new Model({ id: 'a', name: 'users' }), settings: new Model({ id: 'a', name: 'settings' }) }
const there = { users: new Model({ id: 'b', name: 'users' }), audit: new Model({ id: 'b', name: 'audit' }) }

const stream = bundle(here).createStream()
stream.pipe(bundle(there).createStream()).pipe(stream)
stream.on('hello', ({ id, channels }) => { console.log(id, 'offers', channels.map(({ name }) => name).join(', ')) })

here.users.set('ada', { born: 1815 })
here.settings.set('theme', 'dark')
await here.users.replicated()

console.log('users there:', JSON.stringify(there.users), 'audit there:', JSON.stringify(there.audit))
await Promise.all([...Object.values(here), ...Object.values(there)].map(model => model.close()))
