/**
 * What a correlation looks at: https://sigmahq.io/docs/meta/correlations.html; the median is percentile 50.
 * `event_regularity` and `unexplained`, an effect without its cause, are ours.
 */
export const CORRELATION_TYPES = [
  'event_count',
  'event_regularity',
  'value_count',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
  'temporal',
  'temporal_ordered',
  'unexplained',
] as const
export type CorrelationType = (typeof CORRELATION_TYPES)[number]

export const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const
export type Operator = (typeof OPERATORS)[number]

export interface Comparison {
  readonly operator: Operator
  readonly value: number
}

/** Whether the type looks at which rules matched, not at a number. */
export function isTemporal(type: CorrelationType): boolean {
  return type === 'temporal' || type === 'temporal_ordered'
}

/** All of them must hold. */
export function compares(comparisons: readonly Comparison[], number: number): boolean {
  return comparisons.every(({ operator, value }) => {
    switch (operator) {
      case 'gt':
        return number > value
      case 'gte':
        return number >= value
      case 'lt':
        return number < value
      case 'lte':
        return number <= value
      case 'eq':
        return number === value
      case 'neq':
        return number !== value
    }
  })
}
