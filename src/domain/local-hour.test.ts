import { expect, it } from 'vitest'
import { beginningOf, localHours } from './local-hour.ts'

const HOUR = 3_600_000

it('tells when an hour of a place began, over both changes of its clock', () => {
  const hourOf = localHours('Europe/Berlin')
  for (const from of [Date.UTC(2026, 2, 28, 20), Date.UTC(2026, 9, 24, 20)])
    for (let time = from; time < from + 24 * HOUR; time += HOUR / 2) {
      const began = beginningOf(hourOf(time), 'Europe/Berlin')
      // the hour that is repeated is one of two hours
      expect([0, HOUR / 2, HOUR, 1.5 * HOUR]).toContain(time - began)
      expect(hourOf(began)).toEqual(hourOf(time))
    }
  expect(beginningOf({ day: 0, hour: 5 }, 'Asia/Kathmandu')).toBe(5 * HOUR - 5.5 * HOUR)
})
