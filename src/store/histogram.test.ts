import { assert, integer, property } from 'fast-check'
import { expect, test } from 'vitest'
import { axisOf, HISTOGRAM_BUCKETS } from './histogram.ts'

const T = Date.UTC(2026, 10, 20, 10)

test.each([
  [0, 1_000, 1],
  [3_600_000, 60_000, 61],
  [86_400_000, 900_000, 97],
  [7 * 86_400_000, 7_200_000, 85],
])('an interval of %i ms has steps of %i ms', (length, step, buckets) => {
  expect(axisOf(T, T + length)).toEqual({ first: T, step, buckets })
})

test('any interval is covered, with few enough buckets', () => {
  const time = integer({ min: -8.64e15, max: 8.64e15 })
  assert(
    property(time, time, (a, b) => {
      const [since, until] = [Math.min(a, b), Math.max(a, b)]
      const { first, step, buckets } = axisOf(since, until)
      expect(buckets).toBeGreaterThan(0)
      expect(buckets).toBeLessThanOrEqual(HISTOGRAM_BUCKETS)
      expect(first).toBeLessThanOrEqual(since)
      expect(first + buckets * step).toBeGreaterThan(until)
    }),
  )
})

test('an interval that ends before it begins is one bucket', () => {
  expect(axisOf(T, T - 5_000)).toEqual({ first: T, step: 1_000, buckets: 1 })
})
