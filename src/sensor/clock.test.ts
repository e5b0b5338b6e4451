import { expect, it } from 'vitest'
import { createClock } from './clock.ts'

const BOOT = Date.UTC(2026, 10, 21, 10)
const SECOND = 1e9

it('takes the heartbeat that came soonest, so that a late one moves no time', () => {
  const clock = createClock()
  clock.heard(1 * SECOND, BOOT + 1_003)
  clock.heard(2 * SECOND, BOOT + 2_000)
  clock.heard(3 * SECOND, BOOT + 3_090)
  expect(clock.at(3 * SECOND + 1_500)).toBe('2026-11-21T10:00:03.000002Z')
})

it('follows a wall clock that drifts back and one that is set forward', () => {
  const clock = createClock()
  for (let beat = 1; beat <= 100; beat += 1) clock.heard(beat * SECOND, BOOT + beat * 999)
  expect(clock.at(100 * SECOND)).toBe('2026-11-21T10:01:39.900000Z')
  for (let beat = 101; beat <= 104; beat += 1) clock.heard(beat * SECOND, BOOT + beat * 1_000 + 60_000)
  expect(clock.at(104 * SECOND)).toBe('2026-11-21T10:02:44.000000Z')
})
