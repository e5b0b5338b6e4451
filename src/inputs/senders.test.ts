import { expect, it } from 'vitest'
import { createSenders } from './senders.ts'

it('counts by sender, the last one first', () => {
  const senders = createSenders()
  senders.count('a', 'committed', 1)
  senders.count('b', 'refused', 2)
  senders.count('a', 'repeated', 3)
  expect(senders.list()).toEqual([
    { name: 'a', committed: 2, repeated: 1, refused: 0, last: 3 },
    { name: 'b', committed: 0, repeated: 0, refused: 1, last: 2 },
  ])
})

it('forgets who sent longest ago when there are too many', () => {
  const senders = createSenders()
  for (let n = 0; n < 300; n += 1) senders.count(`certificate ${n}`, 'committed', n)
  expect(senders.list()).toHaveLength(256)
  expect(senders.list().at(-1)?.name).toBe('certificate 44')
})
