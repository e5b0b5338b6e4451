import { LEVELS, type Histogram, type Level } from '../api/types.ts'

/** One bucket as stacked parts; heights from 0 to 1 of the largest. */
export interface Bar {
  /** ms since the epoch. */
  readonly from: number
  readonly until: number
  readonly total: number
  /** From the bottom up, most severe first. */
  readonly parts: readonly {
    readonly level: Level
    readonly n: number
    readonly from: number
    readonly to: number
  }[]
}

/**
 * Stacks a histogram. Heights grow with the square root, so that one incident is seen beside a thousand; the
 * parts of a bar share its height as their numbers do.
 */
export function bars({ buckets, step }: Histogram): readonly Bar[] {
  const totals = buckets.map(({ counts }) => LEVELS.reduce((sum, level) => sum + (counts[level] ?? 0), 0))
  const highest = Math.sqrt(Math.max(1, ...totals))
  return buckets.map(({ time, counts }, index) => {
    const total = totals[index] ?? 0
    const scale = total === 0 ? 0 : Math.sqrt(total) / highest / total
    let height = 0
    const parts = LEVELS.flatMap((level) => {
      const n = counts[level] ?? 0
      if (n === 0) return []
      const from = height
      height += n * scale
      return [{ level, n, from, to: height }]
    })
    const from = Date.parse(time)
    return { from, until: from + step, total, parts }
  })
}
