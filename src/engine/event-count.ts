import { compares, type Comparison } from '../sigma/sigma.ts'
import { expire, newTimeline, push, timelineFrom, timelineJson, type Timeline } from './timeline.ts'
import type { Aggregate } from './windowed.ts'

/** How many events there were, each once whatever number of rules it matched. */
export function eventCount(comparisons: readonly Comparison[], timespan: number): Aggregate<Timeline> {
  return {
    countsEvents: true,
    open: () => newTimeline(false),
    add: (line, { time, n }) => push(line, { time, n, timespan }, 1, 0),
    expire,
    holds: ({ count }) => compares(comparisons, count),
    count: ({ count }) => count,
    members: ({ members }) => members,
    isBounded: ({ isCoarse }) => isCoarse,
    size: ({ times }) => times.length,
    toJson: timelineJson,
    fromJson: timelineFrom,
  }
}
