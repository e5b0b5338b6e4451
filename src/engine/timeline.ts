import { MEMBERS } from './analytic.ts'

/** Entries of one window that are kept one by one; beyond, those of one slice of its timespan are one entry. */
export const EXACT = 10_000
const SLICES = 1_024

/** Numbers in the order of their times, with their sums; the first `head` entries are forgotten. */
export interface Timeline {
  times: number[]
  /** How many values an entry holds, and their sum; undefined while each holds one event and its value is not asked. */
  counts: number[] | undefined
  sums: number[] | undefined
  head: number
  count: number
  sum: number
  /** The newest signals. */
  members: number[]
  isCoarse: boolean
}

export function newTimeline(keepsSums: boolean): Timeline {
  return {
    times: [],
    counts: keepsSums ? [] : undefined,
    sums: keepsSums ? [] : undefined,
    head: 0,
    count: 0,
    sum: 0,
    members: [],
    isCoarse: false,
  }
}

/** Adds `count` values whose sum is `sum`. Beyond `EXACT` entries, times are as exact as a 1,024th of the timespan. */
export function push(
  line: Timeline,
  { time, n, timespan }: { readonly time: number; readonly n: number; readonly timespan: number },
  count: number,
  sum: number,
): void {
  line.count += count
  line.sum = finite(line.sum + sum)
  line.members.push(n)
  if (line.members.length > MEMBERS) line.members.shift()
  if (line.isCoarse && isOneSlice(line.times.at(-1), time, timespan)) {
    const at = line.times.length - 1
    line.times[at] = time
    if (line.counts !== undefined) line.counts[at] = (line.counts[at] ?? 0) + count
    if (line.sums !== undefined) line.sums[at] = finite((line.sums[at] ?? 0) + sum)
    return
  }
  line.times.push(time)
  line.counts?.push(count)
  line.sums?.push(finite(sum))
  if (!line.isCoarse && line.times.length - line.head > EXACT) coarsen(line, timespan)
}

function isOneSlice(before: number | undefined, time: number, timespan: number): boolean {
  const width = timespan / SLICES
  return before !== undefined && Math.floor(before / width) === Math.floor(time / width)
}

function coarsen(line: Timeline, timespan: number): void {
  const [times, counts, sums] = [[] as number[], [] as number[], [] as number[]]
  for (let at = line.head; at < line.times.length; at += 1) {
    const [time, count] = [line.times[at] ?? 0, line.counts?.[at] ?? 1]
    const sum = line.sums?.[at] ?? 0
    const last = times.length - 1
    if (isOneSlice(times[last], time, timespan)) {
      times[last] = time
      counts[last] = (counts[last] ?? 0) + count
      sums[last] = finite((sums[last] ?? 0) + sum)
    } else {
      times.push(time)
      counts.push(count)
      sums.push(sum)
    }
  }
  line.times = times
  line.counts = counts
  line.sums = line.sums === undefined ? undefined : sums
  line.head = 0
  line.isCoarse = true
}

/** JSON has no infinity. */
function finite(sum: number): number {
  return Math.min(Math.max(sum, -Number.MAX_VALUE), Number.MAX_VALUE)
}

/** Forgets what was at `until` or before. */
export function expire(line: Timeline, until: number): void {
  const { times, counts, sums } = line
  let { head } = line
  let isRounded = !Number.isSafeInteger(Math.trunc(line.sum))
  while (head < times.length && (times[head] as number) <= until) {
    const sum = sums?.[head] ?? 0
    isRounded ||= !Number.isSafeInteger(Math.trunc(sum))
    line.count -= counts?.[head] ?? 1
    line.sum -= sum
    head += 1
  }
  if (head === line.head) return
  line.head = head
  // what was added to so large a number is not in it any more
  if (isRounded) line.sum = sums?.slice(head).reduce((all, sum) => finite(all + sum), 0) ?? 0
  if (head === times.length) line.sum = 0
  if (!line.isCoarse && line.members.length > times.length - head)
    line.members.splice(0, line.members.length - (times.length - head))
  if (head > 64 && head * 2 > times.length) {
    times.splice(0, head)
    counts?.splice(0, head)
    sums?.splice(0, head)
    line.head = 0
  }
}

export function timelineJson(line: Timeline): unknown {
  const { head, count, sum, members, isCoarse } = line
  const rest = (list: number[] | undefined): number[] | 0 => list?.slice(head) ?? 0
  return [
    differences(line.times.slice(head)),
    rest(line.counts),
    rest(line.sums),
    count,
    sum,
    members,
    isCoarse ? 1 : 0,
  ]
}

export function timelineFrom(json: unknown): Timeline {
  type Json = [number[], number[] | 0, number[] | 0, number, number, number[], number]
  const [times, counts, sums, count, sum, members, isCoarse] = json as Json
  return {
    times: totals(times),
    counts: counts === 0 ? undefined : counts,
    sums: sums === 0 ? undefined : sums,
    head: 0,
    count,
    sum,
    members,
    isCoarse: isCoarse === 1,
  }
}

/** Times are written as what each is later than the one before. */
function differences(times: readonly number[]): number[] {
  return times.map((time, at) => (at === 0 ? time : time - (times[at - 1] as number)))
}

function totals(steps: readonly number[]): number[] {
  let time = 0
  return steps.map((step) => (time += step))
}
