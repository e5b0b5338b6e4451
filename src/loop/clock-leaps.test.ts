import { beforeEach, describe, expect, it } from 'vitest'
import { createClockLeaps, type ClockLeaps } from './clock-leaps.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 2)

let own: number
let ahead: number
let leaps: ClockLeaps
const now = (): number => START + own + ahead
const believed = (): number => leaps.believed(now() - MINUTE)

beforeEach(() => {
  ;[own, ahead] = [0, 0]
  leaps = createClockLeaps(now, () => own)
})

describe('a watermark', () => {
  it('is believed while the clock goes on by itself, and by less than a day besides', () => {
    expect(believed()).toBe(START - MINUTE)
    own += 3 * DAY
    expect(believed()).toBe(now() - MINUTE)
    ahead += 23 * HOUR
    expect(believed()).toBe(now() - MINUTE)
    expect(leaps.leapt()).toBeUndefined()
  })

  it('stays where it was while the clock is a year ahead, and goes on when that is set right', () => {
    const before = believed()
    ahead = 365 * DAY
    for (let minutes = 0; minutes < 50; minutes += 10) {
      own += 10 * MINUTE
      expect(believed()).toBe(before)
    }
    expect(leaps.leapt()).toBe(365 * DAY)
    expect(leaps.leapt()).toBeUndefined()
    ahead = 0
    expect(believed()).toBe(now() - MINUTE)
  })

  it('is believed after an hour: a machine may have been suspended', () => {
    const before = believed()
    ahead = 2 * DAY
    expect(believed()).toBe(before)
    own += HOUR
    expect(believed()).toBe(now() - MINUTE)
    own += DAY
    expect(believed()).toBe(now() - MINUTE)
  })

  it('goes back with the clock', () => {
    believed()
    ahead = -DAY
    expect(believed()).toBe(now() - MINUTE)
  })
})

it('knows when nobody listened', () => {
  believed()
  own += 4 * MINUTE
  believed()
  expect(leaps.stoodStill(START, now())).toBe(false)
  const from = now()
  ahead = 3 * HOUR
  believed()
  expect(leaps.stoodStill(START, from)).toBe(false)
  expect(leaps.stoodStill(from + HOUR, from + 2 * HOUR)).toBe(true)
  expect(leaps.stoodStill(now(), now() + DAY)).toBe(false)
})
