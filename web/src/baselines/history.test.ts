import { describe, expect, it } from 'vitest'
import { cellAt, historyOf, reachOf } from './history.ts'

const HOUR = 3_600_000
const band = { median: 2, low: 0, high: 6 }
const hour = (n: number, ...values: readonly number[]) => ({ day: 0, hour: n, time: n * HOUR, values, band })

describe('the history of a key', () => {
  it('has what each hour had and what was usual, and ends lines where nothing was seen', () => {
    const { times, most, least, high, bucket } = historyOf(
      { past: [hour(1, 1, 3, 2), hour(2, 4), hour(5, 2)], recent: [] },
      300_000,
    )
    expect(times.map((time) => time / 3_600)).toEqual([1, 2, 3, 5, 6])
    expect(most).toEqual([3, 4, null, 2, null])
    expect(least).toEqual([1, 4, null, 2, null])
    expect(high).toEqual([6, 6, null, 6, null])
    expect(bucket).toEqual([undefined, undefined, undefined, undefined, undefined])
  })

  it('adds buckets of now where they ended, with what they were held against once hours are learned no more', () => {
    const now = { median: 1, low: 0, high: 3 }
    const recent = [
      { time: HOUR + 300_000, value: 9, band: now },
      { time: 2 * HOUR + 600_000, value: 7, band: now },
      { time: 2 * HOUR + 900_000, value: 8, band: now },
    ]
    const { times, bucket, high } = historyOf({ past: [hour(1, 1)], recent }, 300_000)
    expect(times.map((time) => time / 60)).toEqual([60, 65, 120, 125, 130, 135])
    expect(bucket).toEqual([undefined, 9, undefined, undefined, 7, 8])
    // the hour's own band goes on over the first; the later two have theirs
    expect(high).toEqual([6, undefined, null, 3, 3, null])
    expect(cellAt(high, 1)).toBe(6)
    expect(cellAt(high, 2)).toBeUndefined()
  })

  it('keeps what was there in sight, whatever the band', () => {
    const wide = { median: 1, low: -1e6, high: 1e6 }
    const history = historyOf({ past: [{ ...hour(1, 1, 4), band: wide }] }, 300_000)
    expect(reachOf(history, [10])).toEqual([0, 20 * 1.06])
    expect(reachOf(historyOf({}, 1), [])).toEqual([0, 1.06])
  })
})
