import { compares, holdsWith, type Condition, type Correlation } from '../sigma/sigma.ts'
import type { Contribution } from './analytic.ts'

/** A firing, as far as the oracle knows it. */
export interface Told {
  readonly time: number
  readonly event: string
}

/**
 * What a correlation should fire on the matches of one group, in order: written for being plainly right, over whole
 * lists, without any state. Windows that are not over by `end` stay open.
 */
export function oracle(correlation: Correlation, matches: readonly Contribution[], end: number): Told[] {
  if (correlation.type === 'unexplained') return withoutCause(correlation, matches, end)
  const counted = correlation.type.startsWith('temporal') || correlation.type === 'value_count'
  const seen = counted ? matches : matches.filter((each, at) => !isRepeat(matches[at - 1], each))
  return correlation.decidedAtEnd ? atEnd(correlation, seen, end) : atOnce(correlation, seen)
}

function isRepeat(before: Contribution | undefined, each: Contribution): boolean {
  return before?.time === each.time && before.event === each.event
}

function atOnce(correlation: Correlation, matches: readonly Contribution[]): Told[] {
  const told: Told[] = []
  let pool: Contribution[] = []
  for (const match of matches) {
    pool.push(match)
    const inside = pool.filter(({ time }) => time > match.time - correlation.timespan)
    if (!isTrue(correlation, inside)) continue
    told.push({ time: match.time, event: match.event })
    pool = []
  }
  return told
}

function atEnd(correlation: Correlation, matches: readonly Contribution[], end: number): Told[] {
  const told: Told[] = []
  let rest = matches
  while (rest[0] !== undefined) {
    const [first] = rest
    const over = first.time + correlation.timespan
    const inside = rest.filter(({ time }) => time < over)
    if (over < end && isTrue(correlation, inside)) told.push({ time: over, event: first.event })
    rest = rest.filter(({ time }) => time >= over)
  }
  return told
}

function withoutCause(
  { timespan, lookback = timespan }: Correlation,
  matches: readonly Contribution[],
  end: number,
): Told[] {
  const causes = matches.filter(({ input }) => input > 0)
  return matches
    .filter(({ input }) => input === 0)
    .filter(
      ({ time }) => !causes.some((cause) => cause.time > time - lookback && cause.time < time + timespan),
    )
    .map(({ time, event }) => ({ time: time + timespan, event }))
    .filter(({ time }) => time < end)
}

function isTrue(correlation: Correlation, inside: readonly Contribution[]): boolean {
  const { condition, type, inputs } = correlation
  if (condition.kind === 'expression') {
    const present = namesOf(correlation, new Set(inside.map(({ input }) => input)))
    if (type === 'temporal') return holdsWith(condition.expression, present)
    return subsets(inputs.map((_, input) => input)).some(
      (chain) =>
        isChain(chain, inside) &&
        polar(condition.expression, true, namesOf(correlation, new Set(chain)), present),
    )
  }
  const number = numberOf(correlation, inside)
  return number !== undefined && compares(condition.comparisons, number)
}

function numberOf(correlation: Correlation, inside: readonly Contribution[]): number | undefined {
  const { condition, type, inputs } = correlation
  const numbers = inside.flatMap(({ values }) => values.map(Number))
  const sum = numbers.reduce((total, number) => total + number, 0)
  switch (type) {
    case 'event_count':
      return new Set(inside.map(({ event }) => event)).size
    case 'event_regularity':
      return evenness([...new Map(inside.map(({ event, time }) => [event, time])).values()].slice(-64))
    case 'value_count':
      return new Set(inside.flatMap(({ values }) => values)).size
    case 'value_sum':
      return numbers.length === 0 ? undefined : sum
    case 'value_avg':
      return numbers.length === 0 ? undefined : sum / numbers.length
    case 'value_median':
    case 'value_percentile':
      return numbers.length === 0
        ? undefined
        : interpolated(numbers, condition.kind === 'compare' ? (condition.percentile ?? 0) : 0)
    case 'temporal':
      return new Set(inside.map(({ input }) => input)).size
    case 'temporal_ordered':
      return Math.max(
        ...subsets(inputs.map((_, input) => input))
          .filter((chain) => isChain(chain, inside))
          .map((chain) => chain.length),
      )
  }
}

/** 1 − MAD ÷ median of the intervals, of twenty times at least. */
function evenness(times: readonly number[]): number | undefined {
  const intervals = times.flatMap((time, at) => (at === 0 ? [] : [time - (times[at - 1] ?? 0)]))
  if (intervals.length < 19) return undefined
  const median = interpolated(intervals, 50)
  if (median === 0) return undefined
  return (
    1 -
    interpolated(
      intervals.map((each) => Math.abs(each - median)),
      50,
    ) /
      median
  )
}

function interpolated(numbers: readonly number[], percentile: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const rank = (percentile * (sorted.length - 1)) / 100
  const [low, high] = [sorted[Math.floor(rank)] ?? 0, sorted[Math.ceil(rank)] ?? 0]
  return low + (high - low) * (rank - Math.floor(rank))
}

function namesOf({ inputs }: Correlation, chosen: ReadonlySet<number>): ReadonlySet<string> {
  return new Set(inputs.flatMap(({ name }, input) => (chosen.has(input) ? [name] : [])))
}

function subsets(items: readonly number[]): number[][] {
  return items.reduce<number[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]])
}

/** Whether matches of these rules can be found one after the other, trying all of them. */
function isChain(chain: readonly number[], inside: readonly Contribution[], from = -Infinity): boolean {
  const [first, ...rest] = chain
  if (first === undefined) return true
  return inside.some(({ input, time }) => input === first && time >= from && isChain(rest, inside, time))
}

/** Names are asked of the chain, those behind a not of everything that is there. */
function polar(
  expression: Condition,
  positive: boolean,
  chain: ReadonlySet<string>,
  present: ReadonlySet<string>,
): boolean {
  switch (expression.kind) {
    case 'identifier':
      return (positive ? chain : present).has(expression.name)
    case 'not':
      return !polar(expression.item, !positive, chain, present)
    case 'and':
      return expression.items.every((item) => polar(item, positive, chain, present))
    case 'or':
      return expression.items.some((item) => polar(item, positive, chain, present))
  }
}
