/** Buckets of a histogram at most: more than a screen shows apart. */
export const HISTOGRAM_BUCKETS = 120

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000]

/** Lengths that people read off an axis, ms. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
]

/** Buckets of equal length, the first beginning at `first`; times are ms since the epoch. */
export interface Axis {
  readonly first: number
  readonly step: number
  readonly buckets: number
}

/** The shortest step, beginning at a multiple of itself, with which an interval has few enough buckets. */
export function axisOf(since: number, until: number): Axis {
  const over = (step: number): Axis => {
    const first = Math.floor(since / step) * step
    return { first, step, buckets: Math.floor((Math.max(since, until) - first) / step) + 1 }
  }
  return (
    STEPS.map(over).find(({ buckets }) => buckets <= HISTOGRAM_BUCKETS) ??
    over(Math.ceil((until - since) / (HISTOGRAM_BUCKETS - 1)))
  )
}
