import { expect, it } from 'vitest'
import type { Finding } from '../api/types.ts'
import { placeGaps } from './gaps.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 21, 12)

function aGap(from: number, until: number): Finding {
  return {
    id: `${from}`,
    kind: 'unobserved-interval',
    about: 'docker',
    since: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    message: '',
  }
}
const placed = (...gaps: readonly Finding[]): readonly (readonly [number, number])[] =>
  placeGaps(gaps, NOON, NOON + 10 * HOUR).map(({ from, to }) => [from, to])

it('places intervals, and cuts what sticks out', () => {
  expect(placed(aGap(NOON + HOUR, NOON + 2 * HOUR))).toEqual([[0.1, 0.2]])
  expect(placed(aGap(NOON - HOUR, NOON + 5 * HOUR))).toEqual([[0, 0.5]])
  expect(placed(aGap(NOON + 9 * HOUR, NOON + 99 * HOUR))).toEqual([[0.9, 1]])
  expect(placed(aGap(NOON - 2 * HOUR, NOON - HOUR), aGap(NOON + 11 * HOUR, NOON + 12 * HOUR))).toEqual([])
})

it('keeps an instant in sight, also at the end', () => {
  expect(placed(aGap(NOON, NOON))).toEqual([[0, 0.004]])
  expect(placed(aGap(NOON + 10 * HOUR, NOON + 10 * HOUR))).toEqual([[0.996, 1]])
})
