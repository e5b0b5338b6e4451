import { expect, it } from 'vitest'
import { bars } from './bars.ts'

const STEP = 60_000
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 21, 10, minute)).toISOString()

it('stacks the most severe at the bottom and scales by the square root', () => {
  const [high, low, none] = bars({
    since: at(0),
    until: at(3),
    step: STEP,
    buckets: [
      { time: at(0), counts: { low: 12, critical: 4 } },
      { time: at(1), counts: { high: 1 } },
      { time: at(2), counts: {} },
    ],
  })
  expect(high?.parts).toEqual([
    { level: 'critical', n: 4, from: 0, to: 0.25 },
    { level: 'low', n: 12, from: 0.25, to: 1 },
  ])
  expect(low?.parts).toEqual([{ level: 'high', n: 1, from: 0, to: 0.25 }])
  expect(none).toEqual({ from: Date.parse(at(2)), until: Date.parse(at(3)), total: 0, parts: [] })
})

it('draws nothing where there is nothing', () => {
  expect(bars({ since: at(0), until: at(0), step: STEP, buckets: [] })).toEqual([])
})
