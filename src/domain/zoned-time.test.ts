import { expect, it } from 'vitest'
import { instantOf } from './zoned-time.ts'

const wall = (text: string): number => Date.parse(`${text}Z`)
const shown = (text: string, zone: string): string =>
  new Date(instantOf(wall(text), zone)).toISOString().slice(0, 19)

it.each([
  ['2026-01-02T10:00:00', 'UTC', '2026-01-02T10:00:00'],
  ['2026-01-02T10:00:00', 'Europe/Berlin', '2026-01-02T09:00:00'],
  ['2026-07-02T10:00:00', 'Europe/Berlin', '2026-07-02T08:00:00'],
  ['2026-07-02T10:00:00', 'America/New_York', '2026-07-02T14:00:00'],
  ['2026-07-02T02:00:00', 'Asia/Kolkata', '2026-07-01T20:30:00'],
  ['2025-12-31T23:30:00', 'America/Los_Angeles', '2026-01-01T07:30:00'],
  // clocks of Berlin are put forward at 02:00 on March 29th, and back at 03:00 on October 25th
  ['2026-03-29T01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59'],
  ['2026-03-29T03:00:00', 'Europe/Berlin', '2026-03-29T01:00:00'],
  ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T01:30:00'],
  ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00'],
  ['2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00'],
])('clocks show %s in %s at %s', (text, zone, instant) => {
  expect(shown(text, zone)).toBe(instant)
})
