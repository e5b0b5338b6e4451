import { alternativesOf, compares, holdsWith, type Comparison, type Correlation } from '../sigma/sigma.ts'
import type { Analytic } from './analytic.ts'
import { eventCount } from './event-count.ts'
import { eventRegularity } from './event-regularity.ts'
import { temporal } from './temporal.ts'
import { temporalOrdered, type Alternative } from './temporal-ordered.ts'
import { unexplained } from './unexplained.ts'
import { valueCount } from './value-count.ts'
import { valueRank } from './value-rank.ts'
import { valueTotal } from './value-total.ts'
import { windowed, type Aggregate } from './windowed.ts'

type Makers = Readonly<Record<Correlation['type'], (correlation: Correlation) => Analytic<unknown>>>

/** What each type of correlation is reduced by: another kind of analytic is one file and one line here. */
const ANALYTICS: Makers = {
  event_count: (correlation) =>
    window(correlation, eventCount(comparisonsOf(correlation), correlation.timespan)),
  event_regularity: (correlation) => window(correlation, eventRegularity(comparisonsOf(correlation))),
  value_count: (correlation) =>
    window(correlation, valueCount(comparisonsOf(correlation), correlation.timespan)),
  value_sum: (correlation) =>
    window(correlation, valueTotal('sum', comparisonsOf(correlation), correlation.timespan)),
  value_avg: (correlation) =>
    window(correlation, valueTotal('average', comparisonsOf(correlation), correlation.timespan)),
  value_percentile: rank,
  value_median: rank,
  temporal: (correlation) => window(correlation, temporal(correlation.inputs.length, isMet(correlation))),
  temporal_ordered: (correlation) => window(correlation, ordered(correlation)),
  unexplained: ({ timespan, lookback }) => unexplained(timespan, lookback),
  risk: (correlation) => window(correlation, temporal(correlation.inputs.length, isRisk(correlation))),
}

/** The analytic of a correlation. */
export function analyticOf(correlation: Correlation): Analytic<unknown> {
  return ANALYTICS[correlation.type](correlation)
}

function window<W>(correlation: Correlation, aggregate: Aggregate<W>): Analytic<unknown> {
  return windowed(aggregate, correlation)
}

function comparisonsOf({ condition }: Correlation): readonly Comparison[] {
  return condition.kind === 'compare' ? condition.comparisons : []
}

function rank(correlation: Correlation): Analytic<unknown> {
  const { condition } = correlation
  const percentile = condition.kind === 'compare' ? (condition.percentile ?? 50) : 50
  return window(correlation, valueRank(percentile, comparisonsOf(correlation)))
}

function isMet({ condition, inputs }: Correlation): (there: readonly number[]) => boolean {
  if (condition.kind === 'compare') return (there) => compares(condition.comparisons, there.length)
  const names = inputs.map(({ name }) => name)
  return (there) => holdsWith(condition.expression, new Set(there.map((input) => names[input] as string)))
}

/** Each rule counts once, however often it matched: ten times the same weak signal are still one. */
function isRisk({ condition, weights = [] }: Correlation): (there: readonly number[]) => boolean {
  const comparisons = condition.kind === 'compare' ? condition.comparisons : []
  const sum = (there: readonly number[]): number =>
    there.reduce((total, input) => total + (weights[input] ?? 0), 0)
  return (there) => compares(comparisons, sum(there))
}

function ordered(correlation: Correlation): ReturnType<typeof temporalOrdered> {
  const { condition, inputs } = correlation
  if (condition.kind === 'compare') {
    const all: Alternative = { order: inputs.map((_, input) => input), least: 1, without: [] }
    return temporalOrdered(
      inputs.length,
      [all],
      (_, longest) => longest > 0 && compares(condition.comparisons, longest),
    )
  }
  const placed = (names: ReadonlySet<string>): readonly number[] =>
    inputs.flatMap(({ name }, input) => (names.has(name) ? [input] : []))
  const alternatives = (alternativesOf(condition.expression) ?? []).map(({ names, without }): Alternative => {
    const order = placed(names)
    return { order, least: order.length, without: placed(without) }
  })
  return temporalOrdered(inputs.length, alternatives, ({ least }, longest) => longest >= least)
}
