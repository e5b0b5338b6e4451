import { expect, it } from 'vitest'
import { placeIntervals } from './intervals.ts'

const interval = (since: number, until: number | undefined, state: 'blind' | 'degraded' = 'blind') => ({
  assumption: 'A1',
  place: '',
  state,
  why: 'silent',
  since: new Date(since).toISOString(),
  ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
})

it('lets an interval without an end last until now, and cuts what began before', () => {
  expect(placeIntervals([interval(-50, undefined)], 0, 100)).toMatchObject([{ from: 0, to: 1 }])
  expect(placeIntervals([interval(25, 50)], 0, 100)).toMatchObject([{ from: 0.25, to: 0.5 }])
})

it('leaves out what was over before, and shows what is short', () => {
  expect(placeIntervals([interval(0, 10)], 20, 100)).toEqual([])
  const [short] = placeIntervals([interval(50, 50)], 0, 100_000)
  expect((short?.to ?? 0) - (short?.from ?? 0)).toBeCloseTo(0.004)
})

it('draws what is blind above what is degraded', () => {
  const placed = placeIntervals([interval(0, 50), interval(0, 90, 'degraded')], 0, 100)
  expect(placed.map((one) => one.interval.state)).toEqual(['degraded', 'blind'])
})
