import { expect, it } from 'vitest'
import { createWaitingBytes } from './waiting-bytes.ts'

it('bounds one sender, and all together, and gives back what is left', () => {
  const waiting = createWaitingBytes({ total: 100, share: 60 })
  const [a, other, b] = [waiting.room('a'), waiting.room('a'), waiting.room('b')]
  expect(a.take(50)).toBeUndefined()
  expect(other.take(11)).toBe('share')
  expect(other.take(10)).toBeUndefined()
  expect(b.take(41)).toBe('full')
  expect(b.take(40)).toBeUndefined()
  expect(a.take(51)).toBe('full')
  expect(a.take(20)).toBeUndefined()
  expect(b.take(60)).toBeUndefined()
  expect(b.take(61)).toBe('share')
  for (const room of [a, other, b]) room.leave()
  expect(b.take(60)).toBeUndefined()
  expect(a.take(40)).toBeUndefined()
})

it('lets a request shrink although there is too much already', () => {
  const waiting = createWaitingBytes({ total: 10, share: 10 })
  const room = waiting.room('a')
  expect(room.take(10)).toBeUndefined()
  expect(room.take(11)).toBe('full')
  expect(room.take(9)).toBeUndefined()
})
