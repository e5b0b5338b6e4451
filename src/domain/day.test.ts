import { expect, it } from 'vitest'
import { endOfDay, parseDuration } from './day.ts'

it('ends a day at its midnight in the zone, daylight saving included', () => {
  expect(new Date(endOfDay('2026-10-25', 'Europe/Berlin') ?? 0).toISOString()).toBe(
    '2026-10-25T23:00:00.000Z',
  )
  expect(new Date(endOfDay('2026-03-28', 'Europe/Berlin') ?? 0).toISOString()).toBe(
    '2026-03-28T23:00:00.000Z',
  )
  expect(new Date(endOfDay('2026-03-29', 'Europe/Berlin') ?? 0).toISOString()).toBe(
    '2026-03-29T22:00:00.000Z',
  )
})

it.each(['2026-02-30', '20261025', 'tomorrow', '2026-10-25T00:00'])('knows that %s is no day', (text) => {
  expect(endOfDay(text, 'UTC')).toBeUndefined()
})

it.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['2h', 7_200_000],
  ['14d', 1_209_600_000],
])('reads %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

it.each(['', '2', 'h', '-2h', '2 h', '1.5h', '99999999d'])('refuses %j as a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
