import { compares, type Comparison } from '../sigma/sigma.ts'
import { MEMBERS } from './analytic.ts'
import { percentileOf } from './value-rank.ts'
import type { Aggregate } from './windowed.ts'

/** Events that it takes to call their times even, and of how many the newest are looked at. */
const LEAST = 20
const MOST = 64

/** When the newest events were, ms, and their signals. */
export interface Beats {
  readonly times: number[]
  readonly members: number[]
}

/**
 * How even the times between events are: 1 − MAD ÷ median of the intervals. A clock has 1, a clock with a jitter of
 * 20 % 0.9, arrivals that know nothing of each other 0.3. Of 20 events at least, the newest 64.
 */
export function eventRegularity(comparisons: readonly Comparison[]): Aggregate<Beats> {
  const drop = ({ times, members }: Beats, count: number): void => {
    times.splice(0, count)
    if (members.length > times.length) members.splice(0, members.length - times.length)
  }
  return {
    countsEvents: true,
    open: () => ({ times: [], members: [] }),
    add(beats, { time, n }) {
      beats.times.push(time)
      beats.members.push(n)
      if (beats.members.length > MEMBERS) beats.members.shift()
      if (beats.times.length > MOST) drop(beats, 1)
    },
    expire(beats, until) {
      const left = beats.times.findIndex((time) => time > until)
      drop(beats, left < 0 ? beats.times.length : left)
    },
    holds({ times }) {
      const evenness = evennessOf(times)
      return evenness !== undefined && compares(comparisons, evenness)
    },
    count: ({ times }) => times.length,
    members: ({ members }) => members,
    isBounded: () => false,
    size: ({ times }) => 2 * times.length,
    toJson: ({ times, members }) => [times, members],
    fromJson(json) {
      const [times, members] = json as [number[], number[]]
      return { times, members }
    },
  }
}

/** Undefined of fewer than there have to be, and where all happen at once. */
export function evennessOf(times: readonly number[]): number | undefined {
  if (times.length < LEAST) return undefined
  const intervals = times.slice(1).map((time, at) => time - (times[at] as number))
  const median = medianOf(intervals)
  if (median === 0) return undefined
  return 1 - medianOf(intervals.map((each) => Math.abs(each - median))) / median
}

function medianOf(numbers: readonly number[]): number {
  return percentileOf(
    numbers.toSorted((a, b) => a - b),
    50,
  )
}
