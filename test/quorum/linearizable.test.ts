import test from 'tape'
import { findUnlinearizable } from '../../lib/sim/quorum-linearizable.js'
import type { Call, CallAnswer } from '../../lib/sim/quorum-linearizable.js'

function call (kind: Call['kind'], token: string, begin: number, end?: number, code?: CallAnswer['code'], holder = ''): Call {
  return { element: 'x', kind, token, begin, end, answer: code === undefined ? undefined : { code, token: holder } }
}

const good: Array<[what: string, calls: Call[]]> = [
  ['nothing happened', []],
  ['one after the other', [call('add', 'a', 1, 2, 'added', 'a'), call('get', '', 3, 4, 'seen', 'a'), call('rem', '', 5, 6, 'removed', 'a'), call('get', '', 7, 8, 'seen')]],
  ['two at once, one wins', [call('add', 'a', 1, 4, 'added', 'a'), call('add', 'b', 2, 3, 'taken', 'a')]],
  ['an add that was never answered is seen', [call('add', 'a', 1), call('get', '', 5, 6, 'seen', 'a')]],
  ['an add that was never answered comes late', [call('add', 'a', 1), call('get', '', 2, 3, 'seen'), call('get', '', 5, 6, 'seen', 'a')]],
  ['a removal that was never answered took effect', [call('add', 'a', 1, 2, 'added', 'a'), call('rem', '', 3), call('add', 'b', 4, 5, 'added', 'b')]],
  ['another token holds it', [call('add', 'a', 1, 2, 'added', 'a'), call('rem', 'b', 3, 4, 'kept', 'a')]],
  ['a token adds again', [call('add', 'a', 1, 2, 'added', 'a'), call('add', 'a', 3, 4, 'added', 'a')]],
  ['an add that was never answered is removed by one who is not told whom', [call('add', 'a', 1), { ...call('rem', '', 2, 3), answer: { code: 'removed' } }]],
  ['elements are independent', [call('add', 'a', 1, 2, 'added', 'a'), { ...call('get', '', 3, 4, 'seen'), element: 'y' }]]
]

const bad: typeof good = [
  ['a removal of what was never added, by one who is not told whom', [{ ...call('rem', '', 1, 2), answer: { code: 'removed' } }]],
  ['an acknowledged add is not seen', [call('add', 'a', 1, 2, 'added', 'a'), call('get', '', 3, 4, 'seen')]],
  ['two win', [call('add', 'a', 1, 4, 'added', 'a'), call('add', 'b', 2, 3, 'added', 'b')]],
  ['a read goes back', [call('add', 'a', 1), call('get', '', 2, 3, 'seen', 'a'), call('get', '', 4, 5, 'seen')]],
  ['a removal of what was not there yet', [call('rem', '', 1, 2, 'removed', 'a'), call('add', 'a', 3, 4, 'added', 'a')]],
  ['refused by nobody', [call('add', 'a', 1, 2, 'taken', 'b')]],
  ['removed twice', [call('add', 'a', 1, 2, 'added', 'a'), call('rem', '', 3, 6, 'removed', 'a'), call('rem', '', 4, 5, 'removed', 'a')]],
  ['adds against their fences', [
    { ...call('add', 'a', 1, 10, 'added'), answer: { code: 'added', token: 'a', fence: '2' } },
    call('rem', '', 1, 10, 'removed', 'a'),
    { ...call('add', 'b', 11, 12, 'added'), answer: { code: 'added', token: 'b', fence: '1' } }
  ]]
]

for (const [what, calls] of good) test(`linearizable: ${what}`, t => { t.equal(findUnlinearizable(calls), undefined); t.end() })
for (const [what, calls] of bad) test(`not linearizable: ${what}`, t => { t.equal(findUnlinearizable(calls), 'x'); t.end() })
