import type { StrategyCoverage } from '../api/types.ts'

type Interval = StrategyCoverage['intervals'][number]

/** A stretch in which an assumption did not hold, as parts of the whole from 0 to 1. */
export interface PlacedInterval {
  readonly interval: Interval
  readonly from: number
  readonly to: number
}

/** Shortest part that is still seen. */
const LEAST = 0.004

/** Places intervals on a stretch of time, degraded below blind; one without an end lasts until now. */
export function placeIntervals(
  intervals: readonly Interval[],
  since: number,
  until: number,
): readonly PlacedInterval[] {
  const whole = until - since
  if (whole <= 0) return []
  return intervals
    .flatMap((interval) => {
      const begin = Date.parse(interval.since)
      const end = interval.until === undefined ? until : Date.parse(interval.until)
      if (end < since || begin > until) return []
      const from = Math.min(Math.max(0, (begin - since) / whole), 1 - LEAST)
      return [{ interval, from, to: Math.min(1, Math.max((end - since) / whole, from + LEAST)) }]
    })
    .toSorted((a, b) => (a.interval.state === b.interval.state ? 0 : a.interval.state === 'blind' ? 1 : -1))
}
