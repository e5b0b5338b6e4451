import type { Correlation } from './types.ts'

const SIGNS = { gt: '>', gte: '≥', lt: '<', lte: '≤', eq: '=', neq: '≠' } as const
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const

/** What a correlation looks for, in one line: `event_count ≥ 5 of login_failed in 10m by user.name`. Hostile text. */
export function correlationWords({
  type,
  inputs,
  groupBy,
  timespan,
  lookback,
  condition,
}: Correlation): string {
  const names = inputs.map(({ name }) => name).join(type === 'temporal_ordered' ? ' → ' : ', ')
  const by = groupBy.length === 0 ? '' : ` by ${groupBy.join(', ')}`
  const window = ` in ${durationWords(timespan)}${by}`
  if (type === 'unexplained') {
    const [effect, ...causes] = inputs.map(({ name }) => name)
    const back = lookback === undefined ? '' : `, or ${durationWords(lookback)} before`
    return `${effect} without ${causes.join(' or ')}${window}${back}`
  }
  if (condition.kind === 'expression')
    return `${type} of ${names}, ${expressionWords(condition.expression)}${window}`
  const compared = condition.comparisons
    .map(({ operator, value }) => `${SIGNS[operator]} ${value}`)
    .join(' and ')
  const percentile = type === 'value_percentile' ? ` ${condition.percentile ?? ''}` : ''
  const field = condition.fields.length === 0 ? '' : ` of ${condition.fields.join(', ')} in`
  return `${type}${percentile} ${compared}${field === '' ? ' of' : field} ${names}${window}`
}

function expressionWords(
  expression: Extract<Correlation['condition'], { kind: 'expression' }>['expression'],
): string {
  switch (expression.kind) {
    case 'identifier':
      return expression.name
    case 'not':
      return `not ${expressionWords(expression.item)}`
    default:
      return `(${expression.items.map(expressionWords).join(` ${expression.kind} `)})`
  }
}

/** A length of time in the largest unit that says it whole. */
export function durationWords(ms: number): string {
  const [length, unit] = UNITS.find(([each]) => ms % each === 0) ?? [1_000, 's']
  return `${ms / length}${unit}`
}
