import { array, assert, integer, property, record, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules, type Correlation } from '../sigma/sigma.ts'
import type { Contribution, Firing } from './analytic.ts'
import { analyticOf } from './analytics.ts'
import { oracle } from './analytics.oracle.testing.ts'

const RULES = ['a', 'b', 'c']
  .map(
    (name) =>
      `title: ${name}\nname: ${name}\nlogsource: {category: t}\ndetection: {s: {A: ${name}}, condition: s}\n---\n`,
  )
  .join('')

function correlationOf(body: string): Correlation {
  const text = `${RULES}title: x\ncorrelation: {timespan: 10s, ${body}}\n`
  const { ruleset, refused } = compileRules([{ file: 'r.yml', text, line: 1, strategy: 'sigma' }], {
    lists: new Map(),
  })
  expect(refused).toEqual([])
  return ruleset.correlations[0]!
}

const ALL = 'rules: [a, b, c]'
const CONDITIONS = [
  `type: event_count, ${ALL}, condition: {gte: 3}`,
  `type: event_count, ${ALL}, condition: {gt: 1}`,
  `type: event_count, ${ALL}, condition: {gte: 1}`,
  `type: event_count, ${ALL}, condition: {lt: 4}`,
  `type: event_count, ${ALL}, condition: {lte: 2}`,
  `type: event_count, ${ALL}, condition: {eq: 2}`,
  `type: event_count, ${ALL}, condition: {neq: 2}`,
  `type: event_count, ${ALL}, condition: {gte: 2, lte: 4}`,
  `type: event_regularity, ${ALL}, condition: {gte: 0.5}`,
  `type: event_regularity, ${ALL}, condition: {lt: 0.9}`,
  `type: value_count, ${ALL}, condition: {gte: 3, field: V}`,
  `type: value_count, ${ALL}, condition: {lt: 3, field: V}`,
  `type: value_count, ${ALL}, condition: {eq: 2, field: V}`,
  `type: value_sum, ${ALL}, condition: {gte: 7, field: V}`,
  `type: value_sum, ${ALL}, condition: {gt: -1, field: V}`,
  `type: value_sum, ${ALL}, condition: {lt: 2, field: V}`,
  `type: value_avg, ${ALL}, condition: {gte: 2.5, field: V}`,
  `type: value_avg, ${ALL}, condition: {lt: 0, field: V}`,
  `type: value_median, ${ALL}, condition: {gt: 1.5, field: V}`,
  `type: value_median, ${ALL}, condition: {lte: 1, field: V}`,
  `type: value_percentile, ${ALL}, condition: {gte: 3, field: V, percentile: 90}`,
  `type: value_percentile, ${ALL}, condition: {eq: 0, field: V, percentile: 0}`,
  `type: temporal, ${ALL}`,
  `type: temporal, ${ALL}, condition: {gte: 2}`,
  `type: temporal, ${ALL}, condition: {lt: 3}`,
  `type: temporal, ${ALL}, condition: {eq: 2}`,
  'type: temporal, condition: a and (b or c)',
  'type: temporal, condition: a and not b and c',
  'type: temporal, condition: (a or b) and not c',
  `type: temporal_ordered, ${ALL}`,
  'type: temporal_ordered, rules: [c, a]',
  `type: temporal_ordered, ${ALL}, condition: {gte: 2}`,
  `type: temporal_ordered, ${ALL}, condition: {eq: 2}`,
  `type: temporal_ordered, ${ALL}, condition: {lt: 3}`,
  'type: temporal_ordered, condition: a and b and c',
  'type: temporal_ordered, condition: a and (b or c)',
  'type: temporal_ordered, condition: a and not b and c',
  'type: temporal_ordered, condition: (a or b) and (c or a)',
  'type: unexplained, rules: [a, b]',
  'type: unexplained, rules: [c, a, b]',
  'type: unexplained, rules: [b, c], lookback: 30s',
  'type: unexplained, rules: [b, c], lookback: 1s',
] as const

/** Matches of few rules and values within a few windows, in order; an event may match several rules. */
const stream = array(
  record({
    time: integer({ min: 0, max: 60 }),
    inputs: uniqueArray(integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
    value: integer({ min: -3, max: 6 }),
  }),
  { maxLength: 40 },
).map((events) =>
  events
    .map(({ time, inputs, value }, at) => ({ time: time * 500, inputs, value, event: `e${at}` }))
    .sort((a, b) => a.time - b.time || (a.event < b.event ? -1 : 1))
    .flatMap(({ time, inputs, value, event }, at) =>
      inputs.map((input): Contribution => ({ time, event, input, n: at, values: [value] })),
    ),
)

/** Where the stream is cut: never within one time, as those who call do not. */
function cut(matches: readonly Contribution[], places: readonly number[]): Contribution[][] {
  const parts: Contribution[][] = [[]]
  for (const [at, match] of matches.entries()) {
    if (places.includes(at) && matches[at - 1]?.time !== match.time) parts.push([])
    parts.at(-1)!.push(match)
  }
  return parts
}

function reduce(
  correlation: Correlation,
  parts: readonly (readonly Contribution[])[],
  end: number,
): readonly Firing[] {
  const analytic = analyticOf(correlation)
  const firings: Firing[] = []
  let stored: string | undefined
  for (const [at, part] of parts.entries()) {
    const until = parts[at + 1]?.[0]?.time ?? end
    const state: unknown = stored === undefined ? undefined : analytic.fromJson(JSON.parse(stored))
    const reduced = analytic.reduce(state, part, until)
    firings.push(...reduced.firings)
    stored = reduced.state === undefined ? undefined : JSON.stringify(analytic.toJson(reduced.state))
  }
  return firings
}

describe('each type of correlation', () => {
  it.each(CONDITIONS)('fires as the oracle says, however the stream is cut: %s', (body) => {
    const correlation = correlationOf(body)
    assert(
      property(
        stream,
        array(integer({ min: 0, max: 80 }), { maxLength: 12 }),
        integer({ min: 1, max: 50_000 }),
        (matches, places, more) => {
          const end = (matches.at(-1)?.time ?? 0) + more
          const whole = reduce(correlation, [matches], end)
          expect(whole.map(({ time, event }) => ({ time, event }))).toEqual(oracle(correlation, matches, end))
          expect(reduce(correlation, cut(matches, places), end)).toEqual(whole)
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each(CONDITIONS)('names signals that are within its window: %s', (body) => {
    const correlation = correlationOf(body)
    assert(
      property(stream, (matches) => {
        for (const { time, members, count } of reduce(correlation, [matches], 1e9)) {
          expect(count).toBeGreaterThan(0)
          expect(members.length).toBeGreaterThan(0)
          expect(members.length).toBeLessThanOrEqual(20)
          const times = matches.filter(({ n }) => members.includes(n)).map((match) => match.time)
          expect(Math.min(...times)).toBeGreaterThanOrEqual(time - correlation.timespan)
          expect(Math.max(...times)).toBeLessThanOrEqual(time)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('a window', () => {
  const at = (time: number, n: number, value: string | number = n): Contribution => ({
    time,
    event: `e${String(n).padStart(9, '0')}`,
    n,
    input: 0,
    values: [value],
  })

  it('holds what happened less than its timespan ago, and no longer', () => {
    const correlation = correlationOf('type: event_count, rules: [a], condition: {gte: 2}')
    expect(reduce(correlation, [[at(0, 1), at(9_999, 2)]], 20_000)).toMatchObject([{ time: 9_999, count: 2 }])
    expect(reduce(correlation, [[at(0, 1), at(10_000, 2)]], 20_000)).toEqual([])
  })

  it('of what is decided at its end stays open until the watermark has passed that', () => {
    const correlation = correlationOf('type: event_count, rules: [a], condition: {eq: 1}')
    expect(reduce(correlation, [[at(0, 1)]], 10_000)).toEqual([])
    expect(reduce(correlation, [[at(0, 1)]], 10_001)).toMatchObject([{ time: 10_000 }])
    const { deadline } = analyticOf(correlation).reduce(undefined, [at(0, 1)], 5_000)
    expect(deadline).toBe(10_000)
  })

  it.each([-1e300, -Number.MAX_VALUE, 2 ** 60 - 2 ** 62])(
    'sums what is left of it, whatever %d was in it before',
    (huge) => {
      const correlation = correlationOf('type: value_sum, rules: [a], condition: {gte: 800, field: V}')
      const before = [at(0, 1, huge), at(1, 2, huge), at(5_000, 3, 400), at(9_000, 4, 399)]
      const after = [at(10_001, 5, 1)]
      for (const parts of [[[...before, ...after]], [before, after]])
        expect(reduce(correlation, parts, 1e6)).toMatchObject([{ time: 10_001, count: 3 }])
    },
  )

  it.each([
    ['a clock', (n: number) => n * 400, 1],
    ['a clock with a jitter of a fifth', (n: number) => n * 400 + ((n * 37) % 41) - 20, 1],
    ['what happens by chance', (n: number) => Math.round(400 * n + 380 * Math.sin(n * n)), 0],
  ])('tells %s by its regularity', (_name, timeOf, firings) => {
    const correlation = correlationOf('type: event_regularity, rules: [a], condition: {gte: 0.8}')
    const beats = Array.from({ length: 20 }, (_, n) => at(timeOf(n), n)).sort((a, b) => a.time - b.time)
    expect(reduce(correlation, [beats], 1e6)).toHaveLength(firings)
    expect(reduce(correlation, [beats.slice(1)], 1e6)).toEqual([])
  })

  it('of very many events is exact to a part of its timespan', () => {
    const correlation = correlationOf('type: event_count, rules: [a], condition: {gte: 30000}')
    const even = Array.from({ length: 30_100 }, (_, n) => at(Math.floor(n / 4), n))
    expect(reduce(correlation, [even.slice(0, 15_000), even.slice(15_000)], 1e6)).toMatchObject([
      { count: 30_000 },
    ])
    // 20,000 in any ten seconds, and never 30,000
    const slower = Array.from({ length: 90_000 }, (_, n) => at(Math.floor(n / 2), n))
    expect(reduce(correlation, [slower], 1e6)).toEqual([])
    const { state, isBounded } = analyticOf(correlation).reduce(undefined, slower, 1e4)
    expect(isBounded).toBe(true)
    expect(JSON.stringify(analyticOf(correlation).toJson(state)).length).toBeLessThan(64_000)
  })

  it('counts distinct values exactly up to ten thousand, and about right beyond', () => {
    const exact = correlationOf('type: value_count, rules: [a], condition: {gte: 9999, field: V}')
    const values = Array.from({ length: 40_000 }, (_, n) =>
      at(Math.floor(n / 20), n, `v${Math.floor(n / 2)}`),
    )
    expect(reduce(exact, [values], 1e6).map(({ event }) => event)).toEqual(['e000019996', 'e000039992'])
    const more = correlationOf('type: value_count, rules: [a], condition: {gte: 15000, field: V}')
    const [first, ...others] = reduce(more, [values.slice(0, 25_000), values.slice(25_000)], 1e6)
    expect(others).toEqual([])
    const distinct = Number(first?.event.slice(1)) / 2
    expect(Math.abs(distinct - 15_000)).toBeLessThan(15_000 * 0.05)
  })

  it('forgets distinct values that are past, also where they are estimated', () => {
    const correlation = correlationOf('type: value_count, rules: [a], condition: {gte: 15000, field: V}')
    // twelve thousand distinct values in any window, over five windows
    const values = Array.from({ length: 60_000 }, (_, n) => at(Math.floor(n / 1.2), n, `v${n}`))
    expect(reduce(correlation, [values], 1e6)).toEqual([])
  })
})
