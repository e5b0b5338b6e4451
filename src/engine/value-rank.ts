import { compares, type Comparison } from '../sigma/sigma.ts'
import { MEMBERS } from './analytic.ts'
import { EXACT } from './timeline.ts'
import type { Aggregate } from './windowed.ts'

/** A field's numbers in the order of their times and in that of their size; of too many, the newest. */
export interface Ranking {
  times: number[]
  values: number[]
  members: number[]
  sorted: number[]
  isCut: boolean
}

/** A percentile of a field's numbers, interpolated between the closest ranks. */
export function valueRank(percentile: number, comparisons: readonly Comparison[]): Aggregate<Ranking> {
  return {
    countsEvents: true,
    open: () => ({ times: [], values: [], members: [], sorted: [], isCut: false }),
    add(ranking, { time, n, values }) {
      for (const value of values) {
        ranking.times.push(time)
        ranking.values.push(Number(value))
        ranking.sorted.splice(placeOf(ranking.sorted, Number(value)), 0, Number(value))
      }
      ranking.members.push(n)
      if (ranking.members.length > MEMBERS) ranking.members.shift()
      if (ranking.times.length <= EXACT) return
      ranking.isCut = true
      forget(ranking, ranking.times.length - EXACT)
    },
    expire(ranking, until) {
      const { times } = ranking
      let gone = 0
      while (gone < times.length && (times[gone] as number) <= until) gone += 1
      if (gone === 0) return
      forget(ranking, gone)
      if (ranking.members.length > times.length)
        ranking.members.splice(0, ranking.members.length - times.length)
    },
    holds: ({ sorted }) => sorted.length > 0 && compares(comparisons, percentileOf(sorted, percentile)),
    count: ({ sorted }) => sorted.length,
    members: ({ members }) => members,
    isBounded: ({ isCut }) => isCut,
    size: ({ times }) => 2 * times.length,
    toJson: ({ times, values, members, isCut }) => [times, values, members, isCut ? 1 : 0],
    fromJson(json) {
      const [times, values, members, isCut] = json as [number[], number[], number[], number]
      const sorted = Float64Array.from(values).sort()
      return { times, values, members, sorted: [...sorted], isCut: isCut === 1 }
    },
  }
}

/** Of sorted numbers, one at least. */
export function percentileOf(sorted: readonly number[], percentile: number): number {
  const rank = (percentile / 100) * (sorted.length - 1)
  const below = sorted[Math.floor(rank)] as number
  const above = sorted[Math.ceil(rank)] as number
  return below + (above - below) * (rank - Math.floor(rank))
}

function forget(ranking: Ranking, count: number): void {
  ranking.times.splice(0, count)
  for (const value of ranking.values.splice(0, count))
    ranking.sorted.splice(placeOf(ranking.sorted, value), 1)
}

/** Where the first number stands that is not smaller. */
function placeOf(sorted: readonly number[], value: number): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((sorted[middle] as number) < value) from = middle + 1
    else to = middle
  }
  return from
}
