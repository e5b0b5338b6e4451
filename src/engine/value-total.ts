import { compares, type Comparison } from '../sigma/sigma.ts'
import { expire, newTimeline, push, timelineFrom, timelineJson, type Timeline } from './timeline.ts'
import type { Aggregate } from './windowed.ts'

/** The sum of a field's numbers, or their average. */
export function valueTotal(
  kind: 'sum' | 'average',
  comparisons: readonly Comparison[],
  timespan: number,
): Aggregate<Timeline> {
  return {
    countsEvents: true,
    open: () => newTimeline(true),
    add(line, { time, n, values }) {
      let sum = 0
      for (const value of values) sum += Number(value)
      push(line, { time, n, timespan }, values.length, sum)
    },
    expire,
    holds: ({ sum, count }) => count > 0 && compares(comparisons, kind === 'sum' ? sum : sum / count),
    count: ({ count }) => count,
    members: ({ members }) => members,
    isBounded: ({ isCoarse }) => isCoarse,
    size: ({ times }) => times.length,
    toJson: timelineJson,
    fromJson: timelineFrom,
  }
}
