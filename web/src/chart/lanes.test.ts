import { describe, expect, it } from 'vitest'
import { axisOf, nearest, placeOn, ticksOf, tickWords } from './lanes.ts'

const at = Date.UTC(2026, 10, 21, 14)

describe('the axis of lanes', () => {
  it('holds all that happened, with room at both ends, also where it is one instant', () => {
    const axis = axisOf([{ time: at + 100_000 }, { time: at }])
    expect(placeOn(axis, at, 1_000)).toBeGreaterThan(20)
    expect(placeOn(axis, at + 100_000, 1_000)).toBeLessThan(980)
    const one = axisOf([{ time: at }])
    expect(placeOn(one, at, 100)).toBe(50)
    expect(axisOf([]).until).toBeGreaterThan(axisOf([]).since)
  })

  it('has few marks at round times, whatever its length', () => {
    for (const length of [10, 900, 60_000, 7_200_000, 86_400_000 * 40, 86_400_000 * 900]) {
      const axis = axisOf([{ time: at }, { time: at + length }])
      const { times, step } = ticksOf(axis, { width: 600, space: 70 })
      expect(times.length, String(length)).toBeGreaterThan(0)
      expect(times.length, String(length)).toBeLessThanOrEqual(10)
      for (const time of times) expect(time % step).toBe(0)
    }
    expect(tickWords(at, 3_600_000)).toBe('14:00')
    expect(tickWords(at, 1_000)).toBe('14:00:00')
    expect(tickWords(at + 5, 1)).toBe('00:00.005')
    expect(tickWords(at, 86_400_000)).toBe('11-21')
  })
})

describe('what the mouse points at', () => {
  const events = Array.from({ length: 5_000 }, (_, n) => ({ time: at + n * 10, lane: n % 3 }))

  it('is the nearest event of its lane, within reach', () => {
    expect(nearest(events, { time: at + 3_001 * 10 + 4, lane: 1 }, 50)).toBe(3_001)
    expect(nearest(events, { time: at + 3_001 * 10 + 4, lane: 2 }, 50)).toBe(3_002)
    expect(nearest(events, { time: at - 1_000, lane: 1 }, 50)).toBeUndefined()
    expect(nearest(events, { time: at, lane: 9 }, 50)).toBeUndefined()
    expect(nearest([], { time: at, lane: 0 }, 50)).toBeUndefined()
  })

  it('is the first of those that happened at one time', () => {
    const same = [1, 2, 3].map(() => ({ time: at, lane: 0 }))
    expect(nearest(same, { time: at, lane: 0 }, 10)).toBe(0)
  })
})
