import { expect, it } from 'vitest'
import { ago, clock, duration, exactly, utc } from './time.ts'

const NOW = Date.UTC(2026, 10, 21, 14, 2, 9)

it('says how long ago in the largest unit', () => {
  const texts = [0, 4_999, 5_000, 59_999, 60_000, 3_599_999, 3_600_000, 172_799_999, 172_800_000].map(
    (before) => ago(NOW - before, NOW),
  )
  expect(texts).toEqual(['now', 'now', '5s', '59s', '1m', '59m', '1h', '47h', '2d'])
  expect(ago(NOW + 7_200_000, NOW)).toBe('in 2h')
  expect([-1, 0, 1, 1_000].map(duration)).toEqual(['0s', '0s', '<1s', '1s'])
})

it('names an instant exactly', () => {
  expect(utc(NOW)).toBe('2026-11-21 14:02:09Z')
  expect(exactly(NOW)).toMatch(/^2026-11-21 14:02:09Z {2}· {2}2026-11-2\d \d\d:\d\d:\d\d [+−]\d\d:\d\d here$/)
})

it('leaves the day out where it is the same', () => {
  expect(clock(NOW, NOW)).toBe('14:02:09')
  expect(clock(NOW - 86_400_000, NOW)).toBe('11-20 14:02:09')
})
