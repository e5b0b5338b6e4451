import { expect, it } from 'vitest'
import { createRate } from './rate.ts'

it('is what came in the last minute, and forgets it', () => {
  let time = 1_000_000
  const rate = createRate(() => time)
  rate.add(30)
  time += 10_000
  rate.add(30)
  expect(rate.perSecond()).toBe(6)
  time += 49_999
  expect(rate.perSecond()).toBeCloseTo(1, 1)
  time += 2_000
  expect(rate.perSecond()).toBe(0.5)
  time += 3_600_000
  expect(rate.perSecond()).toBe(0)
})

it('survives a clock that is set back', () => {
  let time = 1_000_000
  const rate = createRate(() => time)
  rate.add(1)
  time -= 500_000
  rate.add(1)
  expect(rate.perSecond()).toBeGreaterThan(0)
})
