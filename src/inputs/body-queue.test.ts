import { expect, it } from 'vitest'
import { createBodyQueue } from './body-queue.ts'

const NOTHING = { checkpoint: undefined, offset: () => undefined }

it('counts every refused body, by sender and reason, however many there are', () => {
  const queue = createBodyQueue('audit')
  for (let n = 0; n < 25_000; n += 1) queue.fail(n % 5 === 0 ? 'a' : 'b', 'http: damaged gzip')
  queue.fail('a', 'http: body larger than its limit')
  expect(queue.take(1, NOTHING).unreadable).toEqual([
    { stream: 'audit (a)', reason: 'http: damaged gzip', count: 5_000 },
    { stream: 'audit (b)', reason: 'http: damaged gzip', count: 20_000 },
    { stream: 'audit (a)', reason: 'http: body larger than its limit', count: 1 },
  ])
  expect(queue.take(1, NOTHING).unreadable).toEqual([])
})

it('counts those of more senders than it names under its own name', () => {
  const queue = createBodyQueue('audit')
  for (let n = 0; n < 5_000; n += 1) queue.fail(`certificate ${n}`, 'http: damaged gzip')
  const { unreadable } = queue.take(1, NOTHING)
  expect(unreadable).toHaveLength(1_001)
  expect(unreadable.at(-1)).toEqual({ stream: 'audit', reason: 'http: damaged gzip', count: 4_000 })
})
